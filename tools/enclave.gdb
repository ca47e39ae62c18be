# gdb helpers for the enclave. usage: gdb -x tools/enclave.gdb --args build/default/cli/scone run -- PROGRAM
# or: gdb -x tools/enclave.gdb -p PID
set pagination off
set print thread-events off
# The model lives on signals: the enclave's exceptions and the ticks are no news.
handle SIGSEGV SIGILL SIGSYS SIGFPE SIGTRAP SIG63 SIG62 nostop noprint pass
handle SIGTRAP stop print

define scone-symbols
  if $argc == 0
    add-symbol-file build/default/enclave/scone-enclave.debug -o 0xff0000000
  else
    add-symbol-file $arg0 -o 0xff0000000
  end
end
document scone-symbols
scone-symbols [FILE]: loads the runtime's symbols at its place in a 64 GiB ELRANGE (image_base() in abi/layout.h).
Afterwards `bt` shows the runtime's frames of a thread that is inside, down to system_call_entry.
end

define scone-ethread
  print *(scone::entry::Ethread*)$gs_base
end
document scone-ethread
scone-ethread: the Ethread block of the current thread, if it is inside the enclave.
end
