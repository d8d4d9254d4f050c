// https://github.com/google/pprof/blob/main/proto/profile.proto names the fields.
#include <limits>
#include <map>
#include <protozero/pbf_builder.hpp>
#include <tuple>
#include <unordered_map>

#include "analyzer/export.h"
#include "analyzer/gzip.h"

namespace heaptape {
namespace {

enum class ProfileTag : protozero::pbf_tag_type {
  sample_type = 1,
  sample = 2,
  mapping = 3,
  location = 4,
  function = 5,
  string_table = 6,
  time_nanos = 9,
  duration_nanos = 10,
  period_type = 11,
  period = 12,
  comment = 13,
  default_sample_type = 14,
};
enum class ValueTypeTag : protozero::pbf_tag_type { type = 1, unit = 2 };
enum class SampleTag : protozero::pbf_tag_type { location_id = 1, value = 2 };
enum class MappingTag : protozero::pbf_tag_type {
  id = 1,
  memory_start = 2,
  memory_limit = 3,
  filename = 5,
  build_id = 6,
  has_functions = 7,
  has_filenames = 8,
  has_line_numbers = 9,
  has_inline_frames = 10,
};
enum class LocationTag : protozero::pbf_tag_type { id = 1, mapping_id = 2, address = 3, line = 4 };
enum class LineTag : protozero::pbf_tag_type { function_id = 1, line = 2 };
enum class FunctionTag : protozero::pbf_tag_type { id = 1, name = 2, system_name = 3, filename = 4 };

struct SampleType {
  const char* type;
  const char* unit;
};
// The first four are those of Go's heap profiles, which pprof knows.
constexpr SampleType kSampleTypes[] = {
    {"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"},    {"inuse_space", "bytes"},
    {"peak_objects", "count"},  {"peak_space", "bytes"},  {"temporary_objects", "count"}};

const char* sample_type_of(Cost cost) {
  switch (cost) {
    case Cost::peak:
      return "peak_space";
    case Cost::allocated:
      return "alloc_space";
    case Cost::count:
      return "alloc_objects";
    case Cost::temporary:
      return "temporary_objects";
    case Cost::leaked:
    case Cost::live:
      return "inuse_space";
  }
  return "";
}

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

class PprofWriter {
 public:
  explicit PprofWriter(const StackProfile& profile) : profile_(profile) { text(""); }

  std::string write(Cost cost) {
    for (const SampleType& type : kSampleTypes) add_value_type(ProfileTag::sample_type, type);
    for (std::size_t i = 0; i < profile_.modules.size(); ++i)
      if (profile_.modules[i].is_executable) add_mapping(i);  // the first mapping is taken for the program
    for (std::size_t i = 0; i < profile_.modules.size(); ++i)
      if (!profile_.modules[i].is_executable) add_mapping(i);
    for (std::size_t i = 0; i < profile_.frames.size(); ++i) add_location(i);
    for (const StackProfile::Stack& stack : profile_.stacks) add_sample(stack);
    out_.add_int64(ProfileTag::time_nanos, signed_of(profile_.started_unix_ns));
    out_.add_int64(ProfileTag::duration_nanos, signed_of(profile_.duration_ns));
    if (profile_.sample_bytes != 0) {
      add_value_type(ProfileTag::period_type, {"space", "bytes"});
      out_.add_int64(ProfileTag::period, signed_of(profile_.sample_bytes));
    }
    add_comments();
    out_.add_int64(ProfileTag::default_sample_type, text(sample_type_of(cost)));
    for (const std::string* string : strings_) out_.add_string(ProfileTag::string_table, *string);
    return gzipped(buffer_);
  }

 private:
  std::int64_t text(const std::string& string) {
    const auto [known, is_new] = string_numbers_.try_emplace(string, static_cast<std::int64_t>(strings_.size()));
    if (is_new) strings_.push_back(&known->first);
    return known->second;
  }

  void add_value_type(ProfileTag tag, const SampleType& type) {
    std::string bytes;
    protozero::pbf_builder<ValueTypeTag> value(bytes);
    value.add_int64(ValueTypeTag::type, text(type.type));
    value.add_int64(ValueTypeTag::unit, text(type.unit));
    out_.add_message(tag, bytes);
  }

  void add_comments() {
    out_.add_int64(ProfileTag::comment, text("heaptape, layer " + std::string(name_of(profile_.layer))));
    out_.add_int64(ProfileTag::comment, text("command: " + cleaned(profile_.command)));
    for (const Caveat& caveat : profile_.caveats) out_.add_int64(ProfileTag::comment, text(cleaned(caveat.sentence)));
  }

  // Its id is its module's number and one.
  void add_mapping(std::size_t number) {
    const Module& module = profile_.modules[number];
    std::string bytes;
    protozero::pbf_builder<MappingTag> mapping(bytes);
    mapping.add_uint64(MappingTag::id, number + 1);
    mapping.add_uint64(MappingTag::memory_start, module.begin);
    mapping.add_uint64(MappingTag::memory_limit, module.end);
    mapping.add_int64(MappingTag::filename, text(module.path));
    mapping.add_int64(MappingTag::build_id, text(module.build_id));
    // Else pprof would look for the file, and name its frames anew.
    for (const MappingTag known : {MappingTag::has_functions, MappingTag::has_filenames, MappingTag::has_line_numbers,
                                   MappingTag::has_inline_frames})
      mapping.add_bool(known, true);
    out_.add_message(ProfileTag::mapping, bytes);
  }

  void add_location(std::size_t number) {
    const StackProfile::Frame& frame = profile_.frames[number];
    std::vector<std::pair<std::uint64_t, std::uint32_t>> lines;
    for (const Location& place : frame.places) lines.emplace_back(function(place), place.line);
    std::string bytes;
    protozero::pbf_builder<LocationTag> location(bytes);
    location.add_uint64(LocationTag::id, number + 1);
    if (static_cast<std::size_t>(frame.module) < profile_.modules.size())
      location.add_uint64(LocationTag::mapping_id, static_cast<std::uint64_t>(frame.module) + 1);
    location.add_uint64(LocationTag::address, frame.address);
    for (const auto& [id, line_number] : lines) {
      std::string line_bytes;
      protozero::pbf_builder<LineTag> line(line_bytes);
      line.add_uint64(LineTag::function_id, id);
      line.add_int64(LineTag::line, line_number);
      location.add_message(LocationTag::line, line_bytes);
    }
    out_.add_message(ProfileTag::location, bytes);
  }

  std::uint64_t function(const Location& place) {
    const auto [known, is_new] =
        functions_.try_emplace({place.function, place.module, place.file}, functions_.size() + 1);
    if (is_new) {
      std::string bytes;
      protozero::pbf_builder<FunctionTag> function(bytes);
      function.add_uint64(FunctionTag::id, known->second);
      function.add_int64(FunctionTag::name, text(place.function));
      function.add_int64(FunctionTag::system_name, text(place.function));
      function.add_int64(FunctionTag::filename, text(place.file));
      out_.add_message(ProfileTag::function, bytes);
    }
    return known->second;
  }

  void add_sample(const StackProfile::Stack& stack) {
    std::vector<std::uint64_t> locations;
    for (const std::uint32_t frame : stack.frames) locations.push_back(std::uint64_t{frame} + 1);
    const Costs& costs = stack.costs;
    const std::int64_t values[] = {
        signed_of(costs.count),       signed_of(costs.allocated), signed_of(stack.live_blocks), signed_of(stack.live),
        signed_of(costs.peak_blocks), signed_of(costs.peak),      signed_of(costs.temporary)};
    static_assert(std::size(values) == std::size(kSampleTypes));
    std::string bytes;
    protozero::pbf_builder<SampleTag> sample(bytes);
    sample.add_packed_uint64(SampleTag::location_id, locations.begin(), locations.end());
    sample.add_packed_int64(SampleTag::value, std::begin(values), std::end(values));
    out_.add_message(ProfileTag::sample, bytes);
  }

  const StackProfile& profile_;
  std::string buffer_;
  protozero::pbf_builder<ProfileTag> out_{buffer_};
  std::unordered_map<std::string, std::int64_t> string_numbers_;  // nodes stay where they are
  std::vector<const std::string*> strings_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> functions_;
};

}  // namespace

std::string to_pprof(const StackProfile& profile, Cost cost) { return PprofWriter(profile).write(cost); }

}  // namespace heaptape
