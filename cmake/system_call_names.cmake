# Writes OUTPUT: one line {number, "name"}, per system call of <asm/unistd_64.h>, for people-readable statistics.
# usage: cmake -DHEADER=… -DOUTPUT=… -P system_call_names.cmake
file(STRINGS ${HEADER} lines REGEX "^#define __NR_[a-z0-9_]+ [0-9]+$")
set(text "")
foreach(line ${lines})
  string(REGEX REPLACE "^#define __NR_([a-z0-9_]+) ([0-9]+)$" "{\\2, \"\\1\"},\n" row ${line})
  string(APPEND text "${row}")
endforeach()
file(WRITE ${OUTPUT} "${text}")
