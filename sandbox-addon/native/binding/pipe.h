// Our end of one of a sandbox's pipes or of its control channel, as a JavaScript class:
//
//   new Pipe(fd)
//   read(onData: (chunk: Buffer | null) => void)   null: the end, and it is closed. Begins to read
//   pause(), resume()                              without a reader, resume() throws away what comes
//   write(bytes: Buffer)                           kept where there is no room, and dropped where nobody reads
//   end()                                          nothing more will be written
//   close()
//
// A stream of Node's would do the same for five times the work, and every call has four of them.
#pragma once

#include <napi.h>
#include <uv.h>

#include <deque>
#include <string>

#include "base/unique_fd.h"

namespace mayfly {

class Pipe : public Napi::ObjectWrap<Pipe> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Pipe(const Napi::CallbackInfo& info);
  ~Pipe() override;

 private:
  void Read(const Napi::CallbackInfo& info);
  void Pause(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  void Write(const Napi::CallbackInfo& info);
  void End(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  static void OnPoll(uv_poll_t* poll, int status, int events);
  // Asks for what is wanted now: what is there to read, or room to write.
  void Poll();
  void StopPolling();
  void Flush();
  void ReceiveAll();
  void ReceiveEnd();
  void Deliver(Napi::Value chunk);
  void Shut();

  UniqueFd fd_;
  // Owned by libuv until uv_close has called back; null where nothing is waited for.
  uv_poll_t* poll_ = nullptr;
  int polled_events_ = 0;
  std::deque<std::string> outgoing_;
  bool is_reading_ = false;
  bool is_ending_ = false;
  Napi::FunctionReference on_data_;
  Napi::AsyncContext context_;
};

}  // namespace mayfly
