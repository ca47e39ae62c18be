# What libcrypto refers to and an enclave does not have: files, sockets, terminals, shared libraries, contexts. Each fails as
# its documentation says a failure looks, so the library takes its own way out.

.macro names kind:vararg
  .irp name, \kind
  .globl \name
  .hidden \name
  .type \name, @function
\name:
  .endr
.endm

.section .text.absent, "ax", @progbits

# An int, or a size, of -1.
names accept, bind, clock_gettime, close, closedir, connect, dlclose, fclose, fcntl, fflush, fgetc, fileno, fputc, fputs, fseek
names fstat, ftell, getcontext, getaddrinfo, getnameinfo, getsockname, getsockopt, gettimeofday, ioctl, listen, madvise
names mlock, mmap, mprotect, munmap, open, read, recvfrom, recvmsg, select, sendmsg, sendto, setcontext, setsockopt, shmat, shmdt, shmget
names shutdown, sigaction, signal, socket, stat, syscall, sysconf, tcgetattr, tcsetattr, uname, write, feof, ferror
names __fdelt_chk, __fprintf_chk, __vfprintf_chk, __isoc99_sscanf, __xpg_strerror_r
  movq $-1, %rax
  ret

# Nothing: a null pointer, or a count of 0.
names dladdr, dlerror, dlopen, dlsym, fgets, fopen, fopen64, fread, fwrite, gai_strerror, gethostbyname, gmtime_r, opendir, perror, readdir
names sleep, strtok, usleep, freeaddrinfo, makecontext, setvbuf
# Engines of the library that would need the system, or CPUID.
names engine_load_afalg_int, engine_load_dynamic_int, engine_load_padlock_int
  xorl %eax, %eax
  ret

# Unreachable from what is used of the library: character tables, jumps out of a context.
names __ctype_b_loc, __ctype_tolower_loc, _setjmp, _longjmp
  ud2

.section .bss.absent, "aw", @nobits
.globl stdin, stdout, stderr
.hidden stdin, stdout, stderr
.balign 8
stdin:
stdout:
stderr:
  .quad 0

.section .note.GNU-stack, "", @progbits
