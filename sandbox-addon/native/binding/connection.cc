#include "binding/connection.h"

#include <cerrno>
#include <string_view>

#include "binding/js_values.h"
#include "launch/protocol.h"

namespace mayfly {
namespace {

// Enough to empty a burst, few enough to let the event loop breathe.
constexpr int kPacketsPerTurn = 64;

template <typename Message>
std::string EncodeObject(const Napi::Object& object) {
  Message message;
  JsReader reader(object);
  Message::Visit(message, reader);
  return Encode(message);
}

std::string EncodeRequest(std::string_view kind, const Napi::Object& object) {
#define MAYFLY_ENCODE(Kind, name) \
  if (kind == (name)) return EncodeObject<Kind##Message>(object);
  MAYFLY_REQUESTS(MAYFLY_ENCODE)
#undef MAYFLY_ENCODE
  return {};
}

struct Decoded {
  const char* kind = nullptr;
  Napi::Value object;
};

template <typename Message>
Decoded DecodeObject(Napi::Env env, const char* kind, WireReader& reader) {
  Message message;
  Message::Visit(message, reader);
  JsWriter writer(env);
  Message::Visit(message, writer);
  return {kind, writer.object()};
}

Decoded DecodeAnswer(Napi::Env env, const std::string& packet) {
  if (packet.empty()) return {};
  WireReader reader(std::string_view(packet).substr(1));
  switch (static_cast<MessageKind>(packet.front())) {
#define MAYFLY_DECODE(Kind, name) \
  case MessageKind::k##Kind:      \
    return DecodeObject<Kind##Message>(env, name, reader);
    MAYFLY_ANSWERS(MAYFLY_DECODE)
#undef MAYFLY_DECODE
    default:
      return {};
  }
}

}  // namespace

Napi::Function Connection::Define(Napi::Env env) {
  return DefineClass(env, "Connection",
                     {InstanceMethod<&Connection::Send>("send"), InstanceMethod<&Connection::Reference>("ref"),
                      InstanceMethod<&Connection::Unreference>("unref"), InstanceMethod<&Connection::Close>("close")});
}

Connection::Connection(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      socket_(info[0].ToNumber().Int32Value()),
      on_message_(Napi::Persistent(info[1].As<Napi::Function>())),
      on_end_(Napi::Persistent(info[2].As<Napi::Function>())),
      context_(info.Env(), "mayfly:sandboxes") {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(info.Env(), &loop);
  poll_ = new uv_poll_t;
  poll_->data = this;
  uv_poll_init(loop, poll_, socket_.get());
  uv_poll_start(poll_, UV_READABLE, OnPoll);
  // JavaScript may forget the object; while the socket is polled it must stay.
  Ref();
}

Connection::~Connection() { ClosePoll(); }

void Connection::Send(const Napi::CallbackInfo& info) {
  Outgoing next = {EncodeRequest(info[0].ToString().Utf8Value(), info[1].As<Napi::Object>()), {}};
  const auto fds = info[2].As<Napi::Array>();
  for (std::uint32_t i = 0; i < fds.Length(); i++) next.fds.emplace_back(fds.Get(i).ToNumber().Int32Value());
  outgoing_.push_back(std::move(next));
  if (outgoing_.size() == 1) Flush();
}

void Connection::Reference(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) uv_ref(reinterpret_cast<uv_handle_t*>(poll_));
}

void Connection::Unreference(const Napi::CallbackInfo& /*info*/) {
  if (poll_ != nullptr) uv_unref(reinterpret_cast<uv_handle_t*>(poll_));
}

void Connection::Close(const Napi::CallbackInfo& /*info*/) { Stop(); }

void Connection::OnPoll(uv_poll_t* poll, int /*status*/, int events) {
  auto* self = static_cast<Connection*>(poll->data);
  const Napi::HandleScope scope(self->Env());
  if ((events & UV_WRITABLE) != 0) self->Flush();
  // Also on an error: reading tells that the other side is gone.
  if ((events & UV_WRITABLE) == 0 || (events & UV_READABLE) != 0) self->ReceiveAll();
}

void Connection::Flush() {
  while (!outgoing_.empty() && poll_ != nullptr) {
    const Outgoing& next = outgoing_.front();
    std::vector<int> fds;
    for (const UniqueFd& fd : next.fds) fds.push_back(fd.get());
    const Status sent = SendPacket(socket_.get(), next.bytes, fds);
    if (!sent && sent.error().code == EAGAIN) break;
    outgoing_.pop_front();
  }
  if (poll_ == nullptr) return;
  uv_poll_start(poll_, outgoing_.empty() ? UV_READABLE : UV_READABLE | UV_WRITABLE, OnPoll);
}

void Connection::ReceiveAll() {
  for (int i = 0; i < kPacketsPerTurn && poll_ != nullptr; i++) {
    Packet packet;
    switch (ReceivePacket(socket_.get(), packet)) {
      case Received::kNothingYet:
        return;
      case Received::kClosed:
        return End();
      case Received::kPacket:
        Deliver(packet.bytes);
    }
  }
}

void Connection::Deliver(const std::string& packet) {
  const Napi::HandleScope scope(Env());
  const Decoded decoded = DecodeAnswer(Env(), packet);
  if (decoded.kind == nullptr) return;
  on_message_.MakeCallback(Env().Global(), {Napi::String::New(Env(), decoded.kind), decoded.object}, context_);
}

void Connection::End() {
  Stop();
  on_end_.MakeCallback(Env().Global(), {}, context_);
}

void Connection::Stop() {
  if (poll_ == nullptr) return;
  ClosePoll();
  Unref();
}

void Connection::ClosePoll() {
  if (poll_ == nullptr) return;
  uv_poll_stop(poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  poll_ = nullptr;
  outgoing_.clear();
  socket_.Reset();
}

}  // namespace mayfly
