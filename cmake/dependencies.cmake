# All from Debian 12 packages; cmake/packages.txt names them for apt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(pangocairo REQUIRED IMPORTED_TARGET pangocairo cairo cairo-svg cairo-pdf cairo-png)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_path(PROTOZERO_INCLUDE protozero/pbf_builder.hpp REQUIRED)  # headers alone
find_program(FLATC flatc REQUIRED)
if(HEAPTAPE_TESTS)
  find_package(GTest REQUIRED)
  pkg_check_modules(libunwind REQUIRED IMPORTED_TARGET libunwind)  # the reference of stack walks
  include(GoogleTest)
endif()
