# heaptape_discover_tests(TARGET [SHARDS n] [TIMEOUT seconds] [ALONE filter] [THREADED filter]): tells ctest of a
# GoogleTest executable.
#
# Each test is a process of its own, so that none rests on what another left behind. Under a sanitizer a process takes
# longer to start and to end than most tests take, and there are a thousand of them: there TARGET runs as that many
# shards (4), each with the whole time for all of its tests. Tests that match ALONE run while no other does.
#
# Under the thread sanitizer only those that match THREADED run (all): what has one thread has no race to be found.
function(heaptape_discover_tests target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHARDS;TIMEOUT;ALONE;THREADED" "")
  if(NOT arg_SHARDS)
    set(arg_SHARDS 4)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(others "*")
  if(HEAPTAPE_SANITIZE STREQUAL "thread" AND arg_THREADED)
    set(others "${arg_THREADED}")
  elseif(arg_ALONE)
    set(others "-${arg_ALONE}")
    gtest_discover_tests(${target} TEST_FILTER "${arg_ALONE}" PROPERTIES TIMEOUT ${arg_TIMEOUT} RUN_SERIAL TRUE)
  endif()
  if(NOT HEAPTAPE_SANITIZE)
    gtest_discover_tests(${target} TEST_FILTER "${others}" PROPERTIES TIMEOUT ${arg_TIMEOUT})
    return()
  endif()
  math(EXPR last "${arg_SHARDS} - 1")
  foreach(shard RANGE ${last})
    set(name "${target}.${shard}")
    add_test(NAME ${name} COMMAND ${target} "--gtest_filter=${others}")
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()
