// Inlined functions without a linkage name are called as the demangler would call them.
#include "analyzer/scoped_names.h"

#include <gtest/gtest.h>

namespace heaptape {
namespace {

TEST(ScopedNames, TheRuntimesAreToldByTheirOutermostScope) {
  EXPECT_TRUE(is_runtime_scope("std::make_unique"));
  EXPECT_TRUE(is_runtime_scope("__gnu_cxx::new_allocator::allocate"));
  EXPECT_FALSE(is_runtime_scope("(anonymous namespace)::std::f"));
  EXPECT_FALSE(is_runtime_scope("stdio::open"));
}

}  // namespace
}  // namespace heaptape
