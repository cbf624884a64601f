# add_module(path SOURCES … [USES …] [LIBRARIES …] [TESTS …])
# One static library per folder, named after its path ("ingress/http" is weft_ingress_http), and one test program
# from the sources under TESTS. USES names other folders and must be allowed by Arrows.cmake; LIBRARIES names
# third-party targets, linked as system includes.
include(${CMAKE_CURRENT_LIST_DIR}/Arrows.cmake)

function(module_target path out)
  string(REPLACE "/" "_" name ${path})
  set(${out} weft_${name} PARENT_SCOPE)
endfunction()

function(add_module path)
  cmake_parse_arguments(PARSE_ARGV 1 m "" "" "SOURCES;USES;LIBRARIES;TESTS")
  if(m_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "add_module(${path}): unknown words ${m_UNPARSED_ARGUMENTS}")
  endif()
  string(REGEX MATCH "^[^/]+" folder ${path})
  module_target(${path} target)
  add_library(${target} STATIC ${m_SOURCES})
  target_link_libraries(${target} PUBLIC weft_options ${m_LIBRARIES})
  foreach(used IN LISTS m_USES)
    string(REGEX MATCH "^[^/]+" used_folder ${used})
    if(NOT used_folder STREQUAL folder AND NOT used_folder IN_LIST ARROWS_${folder})
      message(FATAL_ERROR "${path} may not use ${used}: cmake/Arrows.cmake allows ${folder} -> ${ARROWS_${folder}}")
    endif()
    module_target(${used} used_target)
    target_link_libraries(${target} PUBLIC ${used_target})
  endforeach()
  target_precompile_headers(${target} REUSE_FROM weft_pch)
  # In the preset `lint` a folder is one source that includes the others.
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include): made by CMake for lint")
  if(m_TESTS AND WEFT_TESTS)
    add_executable(${target}_test ${m_TESTS})
    target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest GTest::gmock GTest::gtest_main)
    target_precompile_headers(${target}_test REUSE_FROM weft_pch)
    gtest_discover_tests(${target}_test TEST_PREFIX "${path}: " DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 120 ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
  endif()
endfunction()
