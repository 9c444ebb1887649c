// What the launcher says to a zygote and to its copies, and hears from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/wire.h"
#include "child/init.h"

namespace mayfly::zygote {

// A Step of child/step.h on its way to the zygote that carries it out.
struct StepMessage {
  std::uint8_t kind = 0;
  bool optional = false;
  std::int32_t slot = -1;
  std::string target;
  // WriteFile's text, or a filter's bytes.
  std::string content;
  std::uint64_t value = 0;
  std::uint64_t other = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("kind", self.kind);
    visit("optional", self.optional);
    visit("slot", self.slot);
    visit("target", self.target);
    visit("content", self.content);
    visit("value", self.value);
    visit("other", self.other);
  }
};

enum class Order : std::uint8_t {
  // A copy for one call.
  kCopy,
  // A copy that will be copied itself: see snapshot.h. It answers kCopied before it enters its sandbox.
  kSnapshot,
  // launcher → such a copy: take a position in a further sandbox …
  kPosition,
  // … and, after the last one: enter your own.
  kEnter,
  // Copy yourself at the position `id`. Nothing else comes with it.
  kFork,
};

// launcher → zygote or snapshot. With it come the descriptors: kInitNamespaces, what the copy has at
// kLauncherSocket and at kReadyPipe, then those to write "0" to, then the one for CLONE_INTO_CGROUP (if any).
struct CopyMessage {
  std::uint64_t id = 0;
  std::uint8_t order = 0;
  std::vector<StepMessage> steps;
  bool has_clone_into = false;
  // Its call is here already, or others are being served: it should be ready with the least work.
  bool is_hurried = false;

  [[nodiscard]] bool Is(Order wanted) const { return order == static_cast<std::uint8_t>(wanted); }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("order", self.order);
    visit("steps", self.steps);
    visit("hasCloneInto", self.has_clone_into);
    visit("isHurried", self.is_hurried);
  }
};
constexpr std::size_t kFixedCopyDescriptors = kInitNamespaceCount + 2;

struct LimitMessage {
  std::int32_t resource = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("resource", self.resource);
    visit("soft", self.soft);
    visit("hard", self.hard);
  }
};

// launcher → parked copy: its call. With it come stdin, stdout, stderr and the control channel.
struct CallMessage {
  // NAME=value
  std::vector<std::string> env;
  std::string cwd;
  std::vector<LimitMessage> limits;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("env", self.env);
    visit("cwd", self.cwd);
    visit("limits", self.limits);
  }
};
constexpr std::size_t kCallDescriptors = 4;

template <typename Message>
[[nodiscard]] std::string Pack(const Message& message) {
  WireWriter writer;
  Message::Visit(message, writer);
  return writer.Take();
}

template <typename Message>
[[nodiscard]] bool Unpack(const std::string& bytes, Message& message) {
  WireReader reader(bytes);
  Message::Visit(message, reader);
  return reader.ok();
}

}  // namespace mayfly::zygote
