# scone_unit_test(name SOURCES a_test.cc … LIBRARIES lib …): a GoogleTest program, each case known to ctest.
function(scone_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT BUILD_TESTING)
    add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})  # a name for the caller's settings
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE root_include warnings sanitize GTest::gtest GTest::gmock
                        GTest::gtest_main ${ARG_LIBRARIES})
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60)
endfunction()
