# scone_unit_test(name SOURCES a_test.cc … LIBRARIES lib …): a GoogleTest program, each case known to ctest.
function(scone_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE root_include warnings sanitize GTest::gtest GTest::gmock
                        GTest::gtest_main ${ARG_LIBRARIES})
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60)
endfunction()
