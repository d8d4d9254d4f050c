// Cuts a folded tree from the paths of stacks, best first: a node's calls are looked at only when it is one of those
// with the largest shares. So it never builds the whole tree, which a compiler's run makes ten times as large as its
// stacks.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/birth_buckets.h"
#include "analyzer/call_path.h"
#include "analyzer/folded_tree.h"
#include "analyzer/sites.h"

namespace heaptape {

// Stacks of one or two runs as rows of numbers.
class StackPaths {
 public:
  struct Stack {
    std::size_t begin = 0, site = 0, end = 0;  // in steps: innermost, where the way up begins, behind the outermost
    std::size_t innermost = 0;                 // where the way down ends: what the site called
    std::uint32_t site_number = 0;
    Costs self, base;
    std::vector<BirthBucketsPass::Entry> births;  // in order of buckets; empty: not known
  };

  // The path innermost first, with the runtime's frames; empty: no stack.
  Stack& add(const std::vector<CallStep>& path);
  std::vector<Stack> stacks;
  std::vector<std::uint32_t> steps;  // of all stacks: in `known`
  std::vector<CallStep> known;

 private:
  std::unordered_map<const Location*, std::uint32_t> number_of_;
};

// `numbers`: by known step, of its function. `sites`: where not null, the way up begins with these. `node_of` becomes
// each stack's node.
FoldedTree cut_tree(const StackPaths& paths, const std::vector<std::uint32_t>& numbers, TreeReport::Direction direction,
                    const Sites* sites, std::size_t kept, std::vector<std::uint32_t>& node_of);

}  // namespace heaptape
