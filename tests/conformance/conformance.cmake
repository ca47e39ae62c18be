# scone_conformance_test(name SOURCES … [STATIC] [NO_PIE] [MUSL | GO])
#
# Builds the program and adds five tests: conformance.<name>.native, which says that the test itself is right, and
# .strict-1 .strict-2 .fast-1 .fast-2, the program in the enclave with that fidelity and number of ethreads.
# The folder of a GO program is built as one package.
find_program(MUSL_GCC musl-gcc)
find_program(GO_COMMAND go)

function(scone_conformance_test name)
  cmake_parse_arguments(ARG "STATIC;NO_PIE;MUSL;GO" "" "SOURCES" ${ARGN})
  set(program ${CMAKE_CURRENT_BINARY_DIR}/${name})
  if(ARG_GO)
    scone_go_program_(${name} ${program} ${ARG_SOURCES})
  elseif(ARG_MUSL)
    scone_musl_program_(${name} ${program} "${ARG_STATIC}" ${ARG_SOURCES})
  else()
    scone_glibc_program_(${name} "${ARG_STATIC}" "${ARG_NO_PIE}" ${ARG_SOURCES})
  endif()
  scone_program_tests_(conformance.${name} ${program})
endfunction()

function(scone_glibc_program_ name static no_pie)
  add_executable(conformance_${name} ${ARGN})
  set_target_properties(conformance_${name} PROPERTIES OUTPUT_NAME ${name})
  # Wrong arguments are what these programs are for.
  target_compile_options(conformance_${name} PRIVATE -pthread -Wall -Wextra -Wno-unused-function -Wno-unused-result
                         -Wno-stringop-overflow -Wno-stringop-overread -Wno-infinite-recursion -Wno-nonnull -Wno-array-bounds
                         $<$<COMPILE_LANGUAGE:CXX>:-Wno-volatile>)
  target_link_options(conformance_${name} PRIVATE -pthread)
  if(static)
    target_link_options(conformance_${name} PRIVATE -static)
  endif()
  if(no_pie)
    target_compile_options(conformance_${name} PRIVATE -fno-pie)
    target_link_options(conformance_${name} PRIVATE -no-pie)
  endif()
endfunction()

function(scone_musl_program_ name program static)
  set(flags -std=gnu17 -O2 -g -Wall -Wextra)
  if(static)
    list(APPEND flags -static)
  endif()
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  add_custom_command(OUTPUT ${program} COMMAND ${MUSL_GCC} ${flags} -o ${program} ${ARGN} -pthread
                     DEPENDS ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR}/check.h VERBATIM)
  add_custom_target(conformance_${name} ALL DEPENDS ${program})
endfunction()

function(scone_go_program_ name program)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  add_custom_command(OUTPUT ${program}
                     COMMAND ${CMAKE_COMMAND} -E env CGO_ENABLED=0 GO111MODULE=off GOTOOLCHAIN=local
                             GOCACHE=${CMAKE_CURRENT_BINARY_DIR}/gocache GOFLAGS=
                             ${GO_COMMAND} build -o ${program} ${ARGN}
                     DEPENDS ${ARGN} VERBATIM)
  add_custom_target(conformance_${name} ALL DEPENDS ${program})
endfunction()

# The native run and the four in the enclave.
function(scone_program_tests_ name program)
  add_test(NAME ${name}.native COMMAND ${program})
  set_tests_properties(${name}.native PROPERTIES LABELS "conformance;native" TIMEOUT 120)
  if(NOT TARGET scone)
    return()
  endif()
  foreach(fidelity strict fast)
    foreach(ethreads 1 2)
      set(test ${name}.${fidelity}-${ethreads})
      add_test(NAME ${test} COMMAND scone run --${fidelity} --ethreads ${ethreads} -- ${program})
      set_tests_properties(${test} PROPERTIES LABELS "conformance;${fidelity}-${ethreads}" TIMEOUT 180)
    endforeach()
  endforeach()
endfunction()
