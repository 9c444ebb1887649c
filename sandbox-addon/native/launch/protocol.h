// How the addon and the launcher talk: one packet is one message, its kind and then its members.
#pragma once

#include <cstdint>
#include <string>

#include "base/wire.h"
#include "launch/answers.h"
#include "launch/requests.h"

namespace mayfly {

// addon → launcher: X(Kind, "name in JavaScript")
#define MAYFLY_REQUESTS(X)       \
  X(Probe, "probe")              \
  X(Open, "open")                \
  X(LoadTree, "loadTree")        \
  X(DropTree, "dropTree")        \
  X(Start, "start")              \
  X(OpenZygote, "openZygote")    \
  X(Park, "park")                \
  X(CloseZygote, "closeZygote")  \
  X(Fork, "fork")                \
  X(OpenSnapshot, "openSnapshot") \
  X(ServeSnapshot, "serveSnapshot") \
  X(Kill, "kill")                \
  X(Close, "close")

// launcher → addon
#define MAYFLY_ANSWERS(X)      \
  X(Probed, "probed")          \
  X(Opened, "opened")          \
  X(Done, "done")              \
  X(Failed, "failed")          \
  X(Started, "started")        \
  X(ZygoteReady, "zygoteReady") \
  X(ZygoteEnded, "zygoteEnded") \
  X(Ended, "ended")            \
  X(Closed, "closed")

enum class MessageKind : std::uint8_t {
#define MAYFLY_MESSAGE_ENUM(Kind, name) k##Kind,
  MAYFLY_REQUESTS(MAYFLY_MESSAGE_ENUM) MAYFLY_ANSWERS(MAYFLY_MESSAGE_ENUM)
#undef MAYFLY_MESSAGE_ENUM
};

template <typename Message>
constexpr MessageKind KindOf();
#define MAYFLY_KIND_OF(Kind, name)                  \
  template <>                                       \
  constexpr MessageKind KindOf<Kind##Message>() {   \
    return MessageKind::k##Kind;                    \
  }
MAYFLY_REQUESTS(MAYFLY_KIND_OF)
MAYFLY_ANSWERS(MAYFLY_KIND_OF)
#undef MAYFLY_KIND_OF

template <typename Message>
[[nodiscard]] std::string Encode(const Message& message) {
  WireWriter writer;
  Message::Visit(message, writer);
  return std::string(1, static_cast<char>(KindOf<Message>())) + writer.Take();
}

}  // namespace mayfly
