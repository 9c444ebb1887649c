#include "binding/pipe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mayfly {
namespace {

constexpr std::size_t kReadBytes = 64UL * 1024;
// Enough to empty a full pipe, few enough to let the event loop breathe.
constexpr int kReadsPerTurn = 4;

}  // namespace

Napi::Function Pipe::Define(Napi::Env env) {
  return DefineClass(env, "Pipe",
                     {InstanceMethod<&Pipe::Read>("read"), InstanceMethod<&Pipe::Pause>("pause"),
                      InstanceMethod<&Pipe::Resume>("resume"), InstanceMethod<&Pipe::Write>("write"),
                      InstanceMethod<&Pipe::End>("end"), InstanceMethod<&Pipe::Close>("close")});
}

Pipe::Pipe(const Napi::CallbackInfo& info)
    : ObjectWrap(info), fd_(info[0].ToNumber().Int32Value()), context_(info.Env(), "mayfly:pipe") {}

Pipe::~Pipe() { StopPolling(); }

void Pipe::Read(const Napi::CallbackInfo& info) {
  on_data_ = Napi::Persistent(info[0].As<Napi::Function>());
  is_reading_ = true;
  Poll();
}

void Pipe::Pause(const Napi::CallbackInfo& /*info*/) {
  is_reading_ = false;
  Poll();
}

void Pipe::Resume(const Napi::CallbackInfo& /*info*/) {
  is_reading_ = true;
  Poll();
}

void Pipe::Write(const Napi::CallbackInfo& info) {
  if (!fd_.valid() || is_ending_) return;
  const auto bytes = info[0].As<Napi::Buffer<char>>();
  outgoing_.emplace_back(bytes.Data(), bytes.Length());
  if (outgoing_.size() == 1) Flush();
}

void Pipe::End(const Napi::CallbackInfo& /*info*/) {
  is_ending_ = true;
  if (outgoing_.empty()) Shut();
}

void Pipe::Close(const Napi::CallbackInfo& /*info*/) {
  StopPolling();
  fd_.Reset();
  // It holds its listener, and its listener holds it.
  on_data_.Reset();
}

void Pipe::Poll() {
  const int events = (is_reading_ ? UV_READABLE : 0) | (outgoing_.empty() ? 0 : UV_WRITABLE);
  if (!fd_.valid() || events == polled_events_) return;
  if (events == 0) return StopPolling();
  if (poll_ == nullptr) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(Env(), &loop);
    poll_ = new uv_poll_t;
    poll_->data = this;
    uv_poll_init(loop, poll_, fd_.get());
    // JavaScript may forget the object; while it is polled it must stay.
    Ref();
  }
  polled_events_ = events;
  uv_poll_start(poll_, events, OnPoll);
}

void Pipe::StopPolling() {
  if (poll_ == nullptr) return;
  poll_->data = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(poll_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  poll_ = nullptr;
  polled_events_ = 0;
  Unref();
}

void Pipe::OnPoll(uv_poll_t* poll, int status, int events) {
  auto* self = static_cast<Pipe*>(poll->data);
  if (self == nullptr) return;
  const Napi::HandleScope scope(self->Env());
  // Nobody else may hold it by the time its listener returns.
  [[maybe_unused]] const Napi::Object alive = self->Value();
  // On an error, reading and writing tell which. libuv has stopped watching then.
  const int ready = status < 0 ? UV_READABLE | UV_WRITABLE : events;
  if (status < 0) self->polled_events_ = 0;
  if ((ready & UV_WRITABLE) != 0) self->Flush();
  if ((ready & ~UV_WRITABLE) != 0) self->ReceiveAll();
  self->Poll();
}

void Pipe::Flush() {
  while (!outgoing_.empty()) {
    std::string& bytes = outgoing_.front();
    const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    // Whoever was to read it is gone; how it ended is told by others.
    if (written < 0) {
      outgoing_.clear();
    } else if (static_cast<std::size_t>(written) < bytes.size()) {
      bytes.erase(0, static_cast<std::size_t>(written));
    } else {
      outgoing_.pop_front();
    }
  }
  if (outgoing_.empty() && is_ending_) return Shut();
  Poll();
}

void Pipe::ReceiveAll() {
  static thread_local std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsPerTurn && is_reading_ && fd_.valid(); i++) {
    const ssize_t size = read(fd_.get(), buffer.data(), buffer.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return ReceiveEnd();
    Deliver(Napi::Buffer<char>::Copy(Env(), buffer.data(), static_cast<std::size_t>(size)));
  }
}

void Pipe::ReceiveEnd() {
  is_reading_ = false;
  outgoing_.clear();
  StopPolling();
  fd_.Reset();
  Deliver(Env().Null());
  on_data_.Reset();
}

void Pipe::Deliver(Napi::Value chunk) {
  if (on_data_.IsEmpty()) return;
  const Napi::HandleScope scope(Env());
  on_data_.MakeCallback(Value(), {chunk}, context_);
  // Nobody stands above this call to catch what the listener threw.
  if (Env().IsExceptionPending()) napi_fatal_exception(Env(), Env().GetAndClearPendingException().Value());
}

// A socket has another half; a pipe is closed as a whole.
void Pipe::Shut() {
  if (!fd_.valid() || shutdown(fd_.get(), SHUT_WR) == 0) return Poll();
  StopPolling();
  fd_.Reset();
}

}  // namespace mayfly
