# The instruction decoder, built for the enclave (no libc, general registers only).
#
# Debian packages Zydis as a shared library only, which cannot be linked into an enclave. So
# tools/fetch_zydis.sh unpacks Debian's source package into the build folder. Zycore is headers
# only for a decoder; they come from libzycore-dev.
set(ZYDIS_DIR ${CMAKE_BINARY_DIR}/third_party CACHE PATH "where tools/fetch_zydis.sh unpacks")
if(NOT EXISTS ${ZYDIS_DIR}/zydis/src/Decoder.c)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/fetch_zydis.sh ${ZYDIS_DIR}
                  RESULT_VARIABLE fetched)
  if(NOT fetched EQUAL 0)
    message(FATAL_ERROR "tools/fetch_zydis.sh failed: Debian's source package zydis is needed")
  endif()
endif()

add_library(zydis_freestanding STATIC
  ${ZYDIS_DIR}/zydis/src/Decoder.c
  ${ZYDIS_DIR}/zydis/src/DecoderData.c
  ${ZYDIS_DIR}/zydis/src/SharedData.c
  ${ZYDIS_DIR}/zydis/src/Register.c
  ${ZYDIS_DIR}/zydis/src/Utils.c
  ${ZYDIS_DIR}/zydis/src/Mnemonic.c
  ${ZYDIS_DIR}/zydis/src/MetaInfo.c)
target_include_directories(zydis_freestanding SYSTEM PUBLIC ${ZYDIS_DIR}/zydis/include)
target_include_directories(zydis_freestanding PRIVATE ${ZYDIS_DIR}/zydis/src)
target_compile_definitions(zydis_freestanding PUBLIC
  ZYAN_NO_LIBC ZYDIS_STATIC_BUILD ZYCORE_STATIC_BUILD ZYDIS_DISABLE_ENCODER ZYDIS_DISABLE_FORMATTER)
target_compile_options(zydis_freestanding PRIVATE -include ${CMAKE_CURRENT_LIST_DIR}/zydis_memory.h -O2 -fPIE -ffreestanding -mgeneral-regs-only
  -fno-stack-protector -fvisibility=hidden -ffunction-sections -fdata-sections -w)
