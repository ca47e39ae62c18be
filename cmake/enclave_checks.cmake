# scone_check_enclave_image(target): after each link of this enclave image, refuse it if it holds what an enclave must not
# (tools/check_enclave_image.py says what).
function(scone_check_enclave_image target)
  find_program(PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${PYTHON3} ${PROJECT_SOURCE_DIR}/tools/check_enclave_image.py $<TARGET_FILE:${target}>
    COMMENT "Checking ${target}" VERBATIM)
endfunction()
