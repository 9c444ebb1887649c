// The addon's end of the socket to the launcher, as a JavaScript class:
//
//   new Connection(fd, onMessage: (kind, message) => void, onEnd: () => void)
//   send(kind, message, fds)   takes the descriptors over, and closes them
//   ref(), unref()             whether it keeps the event loop running
//   close()
//
// Everything runs on the thread of the event loop, and nothing waits: what the socket has no room for is kept, and sent
// when it has.
#pragma once

#include <napi.h>
#include <uv.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/socket.h"
#include "base/unique_fd.h"

namespace mayfly {

class Connection : public Napi::ObjectWrap<Connection> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Connection(const Napi::CallbackInfo& info);
  ~Connection() override;

 private:
  struct Outgoing {
    std::string bytes;
    std::vector<UniqueFd> fds;
  };

  void Send(const Napi::CallbackInfo& info);
  void Reference(const Napi::CallbackInfo& info);
  void Unreference(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  static void OnPoll(uv_poll_t* poll, int status, int events);
  void Flush();
  void ReceiveAll();
  void Deliver(const std::string& packet);
  void End();
  void Stop();
  void ClosePoll();

  UniqueFd socket_;
  // Owned by libuv until uv_close has called back; null once that is on its way.
  uv_poll_t* poll_ = nullptr;
  std::deque<Outgoing> outgoing_;
  Napi::FunctionReference on_message_;
  Napi::FunctionReference on_end_;
  Napi::AsyncContext context_;
};

}  // namespace mayfly
