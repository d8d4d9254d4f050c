# Warnings and sanitizers of every target of ours, by one interface library.
add_library(heaptape_options INTERFACE)
target_compile_options(heaptape_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wno-sign-conversion -Wno-missing-field-initializers)
if(HEAPTAPE_WERROR)
  target_compile_options(heaptape_options INTERFACE -Werror)
endif()
# Tests and sanitised builds compile several files at once, which takes a quarter of the time; the release build compiles
# each of the others alone, and so tells where an include is missing. What is a file's own is then not a header's, as gcc
# believes.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
target_include_directories(heaptape_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(heaptape_options INTERFACE _GNU_SOURCE HEAPTAPE_VERSION="${PROJECT_VERSION}")

# The tools and tests may run under a sanitizer; the preload library never does. Whoever looks at where they are needs
# lines, no more, which takes the compiler a quarter less.
add_library(heaptape_tool_options INTERFACE)
target_link_libraries(heaptape_tool_options INTERFACE heaptape_options)
target_compile_options(heaptape_tool_options INTERFACE -g1)
# Of the folders that every event passes through.
add_library(heaptape_hot_options INTERFACE)
target_link_libraries(heaptape_hot_options INTERFACE heaptape_tool_options)
# Of that among them which reads bytes of anyone's.
add_library(heaptape_reader_options INTERFACE)
target_link_libraries(heaptape_reader_options INTERFACE heaptape_hot_options)
if(HEAPTAPE_SANITIZE)
  target_compile_options(heaptape_tool_options INTERFACE -fsanitize=${HEAPTAPE_SANITIZE} -fno-omit-frame-pointer)
  # -Og takes the compiler no longer than -O0.
  target_compile_options(heaptape_tool_options INTERFACE -Og)
  target_compile_options(heaptape_hot_options INTERFACE -O1)
  target_link_options(heaptape_tool_options INTERFACE -no-pie)
  if(HEAPTAPE_SANITIZE MATCHES "undefined")
    # A null pointer and the end of an object are the address sanitizer's. What undefined writes down of each such check
    # was three quarters of a tool, which the loader had to relocate at each of the tests' thousands of starts. What
    # reads tapes minds alignment as well.
    target_compile_options(heaptape_tool_options INTERFACE -fno-sanitize=null,object-size,alignment)
    target_compile_options(heaptape_reader_options INTERFACE -fsanitize=alignment)
  endif()
  if(HEAPTAPE_FUZZ)
    target_compile_options(heaptape_tool_options INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  target_link_options(heaptape_tool_options INTERFACE -fsanitize=${HEAPTAPE_SANITIZE})
endif()

# For the tests' own code, which is not worth the optimizer's time. Has to be the last library of its target, so that its
# flag comes last; so has the next.
add_library(heaptape_test_options INTERFACE)
target_compile_options(heaptape_test_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-O1>)

# For tests that run the tools and read what these print: the tools have the sanitizer, a parser of JSON needs none.
add_library(heaptape_onlooker_options INTERFACE)
target_link_libraries(heaptape_onlooker_options INTERFACE heaptape_test_options)
if(HEAPTAPE_SANITIZE)
  target_compile_options(heaptape_onlooker_options INTERFACE -fno-sanitize=all -O1)
endif()
