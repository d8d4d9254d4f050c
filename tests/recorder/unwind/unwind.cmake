# The walk against libunwind over one file of call shapes, compiled in many ways.
set(case_flags_gcc_O0 -O0)
set(case_flags_gcc_O1 -O1)
set(case_flags_gcc_O2 -O2 -fomit-frame-pointer)
set(case_flags_gcc_O3 -O3 -fomit-frame-pointer -mavx2)
set(case_flags_gcc_fp -O2 -fno-omit-frame-pointer)
set(case_flags_gcc_Os -Os)
set(case_flags_clang_O0 -O0)
set(case_flags_clang_O1 -O1)
set(case_flags_clang_fp -O2 -fno-omit-frame-pointer)
set(case_flags_clang_O2 -O2 -fomit-frame-pointer)
set(case_flags_clang_O3 -O3 -fomit-frame-pointer -mavx2)
set(how gcc_O0 gcc_O1 gcc_O2 gcc_O3 gcc_Os gcc_fp)
find_program(CLANGXX NAMES clang++ clang++-14)
if(CLANGXX)
  list(APPEND how clang_O0 clang_O1 clang_O2 clang_O3 clang_fp)
endif()

set(inc "")
set(objects "")
foreach(one ${how})
  string(APPEND inc "HEAPTAPE_CASE(${one})\n")
  if(one MATCHES "^clang")
    set(compiler ${CLANGXX})
  else()
    set(compiler ${CMAKE_CXX_COMPILER})
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/cases_${one}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${compiler} -std=c++20 -g -fPIC -D_GNU_SOURCE -DHEAPTAPE_HOW=${one} -I${PROJECT_SOURCE_DIR} ${case_flags_${one}}
      -c ${CMAKE_CURRENT_SOURCE_DIR}/unwind/cases.cc -o ${object}
    DEPENDS unwind/cases.cc unwind/cases.h COMMENT "Compiling call shapes: ${one}" VERBATIM)
  list(APPEND objects ${object})
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/unwind_cases.inc CONTENT "${inc}")

# The sources as the preload library compiles them; never sanitised: a walk reads other functions' frames.
add_library(heaptape_unwind_under_test OBJECT)
foreach(source ${HEAPTAPE_UNWIND_SOURCES})
  target_sources(heaptape_unwind_under_test PRIVATE ${PROJECT_SOURCE_DIR}/recorder/${source})
endforeach()
set_target_properties(heaptape_unwind_under_test PROPERTIES UNITY_BUILD OFF)
target_link_libraries(heaptape_unwind_under_test PRIVATE heaptape_options)
target_compile_options(heaptape_unwind_under_test PRIVATE ${HEAPTAPE_GUEST_OPTIONS})

add_executable(unwind_tests unwind/hostile_test.cc unwind/walk_test.cc ${objects})
target_include_directories(unwind_tests PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(unwind_tests PRIVATE heaptape_options heaptape_unwind_under_test PkgConfig::libunwind Threads::Threads
  GTest::gtest_main)
heaptape_discover_tests(unwind_tests SHARDS 1)

# The same walk inside real programs; see stack_exactness_test.cc.
add_library(stack_check SHARED unwind/stack_check.cc)
target_link_libraries(stack_check PRIVATE heaptape_options heaptape_unwind_under_test PkgConfig::libunwind)
target_compile_options(stack_check PRIVATE ${HEAPTAPE_GUEST_OPTIONS} -frtti)
