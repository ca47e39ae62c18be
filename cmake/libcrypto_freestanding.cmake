# libcrypto_freestanding: the distribution's static libcrypto, with its code in a section of its own (.crypto_text), where alone the enclave's
# check admits vector registers, without unwind tables, and without the objects that execute CPUID (enclave/crypto/processor.cc takes their place)
# or serve other hardware and shared libraries.
find_library(LIBCRYPTO_ARCHIVE libcrypto.a REQUIRED)
set(LIBCRYPTO_FREESTANDING ${CMAKE_BINARY_DIR}/third_party/libcrypto_freestanding.a)
add_custom_command(OUTPUT ${LIBCRYPTO_FREESTANDING}
  COMMAND ${CMAKE_COMMAND} -E copy ${LIBCRYPTO_ARCHIVE} ${LIBCRYPTO_FREESTANDING}
  COMMAND ${CMAKE_AR} d ${LIBCRYPTO_FREESTANDING} libcrypto-lib-x86_64cpuid.o libcrypto-lib-cpuid.o
          libcrypto-lib-e_padlock.o libcrypto-lib-e_padlock-x86_64.o libcrypto-lib-e_afalg.o libcrypto-lib-eng_dyn.o
  COMMAND ${CMAKE_OBJCOPY} --rename-section .text=.crypto_text --rename-section .text.unlikely=.crypto_text.unlikely
          --remove-section .init --remove-section .eh_frame ${LIBCRYPTO_FREESTANDING}
  DEPENDS ${LIBCRYPTO_ARCHIVE} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Preparing libcrypto for the enclave" VERBATIM)
add_custom_target(libcrypto_freestanding_archive DEPENDS ${LIBCRYPTO_FREESTANDING})
add_library(libcrypto_freestanding INTERFACE)
add_dependencies(libcrypto_freestanding libcrypto_freestanding_archive)
target_link_libraries(libcrypto_freestanding INTERFACE ${LIBCRYPTO_FREESTANDING})
