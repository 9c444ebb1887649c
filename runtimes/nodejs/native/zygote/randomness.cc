#include "randomness.h"

#include <openssl/rand.h>
#include <v8.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "memory_map.h"

namespace mayfly::zygote {
namespace {

// v8::base::RandomNumberGenerator, an xorshift128+.
struct Generator {
  std::int64_t initial_seed;
  std::uint64_t state0;
  std::uint64_t state1;

  void Step() {
    std::uint64_t s1 = state0;
    const std::uint64_t s0 = state1;
    state0 = s0;
    s1 ^= s1 << 23U;
    s1 ^= s1 >> 17U;
    s1 ^= s0;
    s1 ^= s0 >> 26U;
    state1 = s1;
  }
};

Generator* generator = nullptr;

// What the isolate points to that could be a generator.
std::vector<Generator*> Candidates(v8::Isolate* isolate) {
  constexpr std::size_t kSearchedBytes = 96UL * 1024;
  std::vector<Mapping> heaps;
  std::set<Generator*> found;
  for (Mapping& mapping : ReadMappings()) {
    if (mapping.access == "rw-p" && !mapping.dont_fork && (mapping.name.empty() || mapping.name == "[heap]"))
      heaps.push_back(std::move(mapping));
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(isolate);
  std::uintptr_t end = begin;
  for (const Mapping& mapping : ReadMappings()) {
    if (begin >= mapping.first && begin < mapping.end) end = std::min(mapping.end, begin + kSearchedBytes);
  }
  std::vector<std::uintptr_t> words((end - begin) / sizeof(std::uintptr_t));
  if (!Peek(begin, words.data(), words.size() * sizeof(std::uintptr_t))) return {};
  for (const std::uintptr_t value : words) {
    if (value % alignof(Generator) != 0) continue;
    for (const Mapping& heap : heaps) {
      if (value >= heap.first && value + sizeof(Generator) <= heap.end)
        found.insert(reinterpret_cast<Generator*>(value));
    }
  }
  return {found.begin(), found.end()};
}

// At a place that may be no generator's. What cannot be read is one that never draws.
Generator Look(Generator* candidate) {
  Generator seen = {};
  if (!Peek(reinterpret_cast<std::uintptr_t>(candidate), &seen, sizeof seen)) return {};
  return seen;
}

// True where `after` is what a few draws make of `before`.
bool HasDrawn(Generator before, const Generator& after) {
  constexpr int kMostDraws = 64;
  // Zeros stay zeros, whatever is drawn from them.
  if (before.initial_seed != after.initial_seed || before.state1 == after.state1) return false;
  for (int i = 0; i < kMostDraws; i++) {
    before.Step();
    if (before.state0 == after.state0 && before.state1 == after.state1) return true;
  }
  return false;
}

}  // namespace

Refusal FindGenerator(v8::Isolate* isolate) {
  const v8::HandleScope scope(isolate);
  const std::vector<Generator*> candidates = Candidates(isolate);
  std::vector<Generator> before;
  before.reserve(candidates.size());
  for (Generator* const candidate : candidates) before.push_back(Look(candidate));
  // An object's identity hash is drawn when it is first asked for.
  (void)v8::Object::New(isolate)->GetIdentityHash();
  std::vector<Generator*> hits;
  for (std::size_t i = 0; i < candidates.size(); i++) {
    if (HasDrawn(before[i], Look(candidates[i]))) hits.push_back(candidates[i]);
  }
  if (hits.size() != 1) return "the place of V8's random generator is not exactly one";
  generator = hits.front();
  return {};
}

Refusal Reseed() {
  // OpenSSL tells a fork by its process's number, which may be the zygote's own in another namespace.
  if (RAND_poll() != 1) return "OpenSSL could not be seeded anew";
  if (RAND_bytes(reinterpret_cast<unsigned char*>(generator), sizeof *generator) != 1)
    return "OpenSSL gave no random bytes";
  return {};
}

}  // namespace mayfly::zygote
