# The public header: understood by each language standard, tells the right calls, is a no-op without a recorder.
set(header_folder ${PROJECT_SOURCE_DIR}/recorder/include)

foreach(standard c99 c11 c++17 c++20)
  string(REPLACE "+" "x" name public_header_${standard})
  if(standard MATCHES "\\+")
    set(source public_header_compiles.cc)
  else()
    set(source public_header_compiles.c)
  endif()
  add_library(${name} OBJECT ${source})
  target_include_directories(${name} PRIVATE ${header_folder})
  # -Wconversion and -Wshadow: programs that include the header may ask for them.
  target_compile_options(${name} PRIVATE -std=${standard} -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
endforeach()

add_executable(public_header_tests fake_recorder.cc public_header_calls.cc public_header_owned.cc
  public_header_containers.cc public_header_type_names.cc)
# Its operators must not be seen where they are used: a compiler that sees both takes them for mismatched.
set_source_files_properties(fake_recorder.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
add_executable(public_header_absent_tests public_header_absent.cc)
foreach(target public_header_tests public_header_absent_tests)
  target_include_directories(${target} PRIVATE ${header_folder})
  target_link_libraries(${target} PRIVATE heaptape_tool_options GTest::gtest_main heaptape_test_options)
  heaptape_discover_tests(${target} SHARDS 1)
endforeach()

# Compiles on its own, so once is enough: not again under each sanitizer.
if(NOT HEAPTAPE_SANITIZE)
  add_test(NAME PublicHeader.LinksInEachWayAndFindsARecorderWhereOneIsLoaded
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/public_header_links.sh ${header_folder} ${CMAKE_CURRENT_SOURCE_DIR})
endif()
