#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

Meta made_up() {
  Meta meta;
  meta.program = "/nowhere/made-up";
  meta.arguments = {"made-up", "--fast", "two words"};
  return meta;
}

}  // namespace

TapeMaker::TapeMaker(const WriterOptions& options) : writer_(folder_.path("made.tape"), made_up(), options) {
  program_ =
      module({.path = "/nowhere/made-up", .bias = 0x1000, .begin = 0x1000, .end = 0x9000, .is_executable = true});
  system_ =
      module({.path = "/nowhere/libsystem.so", .bias = 0x10000, .begin = 0x10000, .end = 0x90000, .is_system = true});
  thread("main");
}

StackId TapeMaker::in_program(std::uint64_t address, StackId parent) {
  return frame({.parent = parent, .address = address, .module = program_, .in_program = true});
}

StackId TapeMaker::in_system(std::uint64_t address, StackId parent) {
  return frame({.parent = parent, .address = address, .module = system_});
}

ThreadId TapeMaker::thread(const std::string& name) {
  const ThreadId id = writer_.define(Thread{.tid = 1, .name = name});
  writer_.rename(id, name);
  return id;
}

void TapeMaker::event(Event event) {
  event.time_ns = now_;
  writer_.append(event);
}

void TapeMaker::birth(std::uint64_t address, std::uint64_t size, StackId stack, ThreadId thread) {
  event({.address = address, .size = size, .stack = stack, .thread = thread});
}

void TapeMaker::release(std::uint64_t address, ThreadId thread, Function function) {
  event({.address = address, .thread = thread, .kind = EventKind::release, .function = function});
}

void TapeMaker::restored(std::uint64_t address, ThreadId thread) {
  event({.address = address, .thread = thread, .kind = EventKind::restored, .function = Function::realloc});
}

void TapeMaker::mark(const std::string& name) {
  const TextId text = writer_.define(name);
  event({.reference = static_cast<std::uint32_t>(text), .kind = EventKind::mark});
}

std::uint32_t TapeMaker::track(const std::string& name,
                               const std::vector<std::pair<std::uint64_t, std::uint64_t>>& owned) {
  const std::uint32_t line = lines_.try_emplace(name, 40 + scopes_).first->second;
  const VariableId variable = writer_.define(Variable{name, "made_up<" + name + ">", "/src/made_up.cc", line});
  const std::uint32_t scope = scopes_++;
  event({.address = 0x7000'0000 + 64 * scope,
         .size = 24,
         .scope = scope,
         .reference = static_cast<std::uint32_t>(variable),
         .kind = EventKind::scope_begin});
  read(scope, owned);
  return scope;
}

void TapeMaker::read(std::uint32_t scope, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& owned) {
  event({.scope = scope, .kind = EventKind::scope_read});
  for (const auto& [address, use_count] : owned) {
    event({.address = address, .size = use_count, .scope = scope, .kind = EventKind::owns});
  }
}

void TapeMaker::end_scope(std::uint32_t scope) { event({.scope = scope, .kind = EventKind::scope_end}); }

TapeReader TapeMaker::finish(EndKind end, const Ledger& ledger) {
  writer_.finish({.kind = end, .duration_ns = now_ + 1'000'000}, ledger);
  return TapeReader(path());
}

TapeReader TapeMaker::cut() {
  writer_.seal();
  return TapeReader(path());
}

}  // namespace heaptape
