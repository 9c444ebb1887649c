// What JavaScript gets: the connection to a launcher, descriptors to hand over, and the compiler of seccomp profiles.
// The launcher itself is a program of its own (native/launch), started by src/launcher.ts.
#include <fcntl.h>
#include <napi.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/socket.h"
#include "binding/connection.h"
#include "binding/js_values.h"
#include "binding/pipe.h"
#include "seccomp/filter.h"

namespace mayfly {
namespace {

Napi::Value Throw(Napi::Env env, const Error& error) {
  const std::string subject = error.path.empty() ? error.what : error.what + " " + error.path;
  Napi::Error::New(env, subject + ": " + std::strerror(error.code)).ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Object Ends(Napi::Env env, int inside, int outside) {
  Napi::Object ends = Napi::Object::New(env);
  ends.Set("inside", inside);
  ends.Set("outside", outside);
  return ends;
}

// () → { inside, outside }: `outside` for a Connection, `inside` for the launcher.
Napi::Value CreateSocket(const Napi::CallbackInfo& info) {
  Result<SocketPair> pair = CreateSocketPair();
  if (!pair) return Throw(info.Env(), pair.error());
  return Ends(info.Env(), pair.value().theirs.Release(), pair.value().ours.Release());
}

// ("toSandbox" | "fromSandbox") → { inside, outside }. Only our end never blocks: a program expects that its own does.
Napi::Value CreatePipe(const Napi::CallbackInfo& info) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Throw(info.Env(), Error{"pipe", "", errno, ""});
  const bool to_sandbox = info[0].ToString().Utf8Value() == "toSandbox";
  const int inside = to_sandbox ? ends[0] : ends[1];
  const int outside = to_sandbox ? ends[1] : ends[0];
  fcntl(outside, F_SETFL, O_NONBLOCK);
  return Ends(info.Env(), inside, outside);
}

// () → { inside, outside }: a stream socket for the control channel.
Napi::Value CreateChannel(const Napi::CallbackInfo& info) {
  std::array<int, 2> ends = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Throw(info.Env(), Error{"socketpair", "", errno, ""});
  }
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  RefuseDescriptors(ends[1]);
  return Ends(info.Env(), ends[0], ends[1]);
}

Napi::Value CloseDescriptor(const Napi::CallbackInfo& info) {
  close(info[0].ToNumber().Int32Value());
  return info.Env().Undefined();
}

// (profile) → Buffer of struct sock_filter[].
Napi::Value Compile(const Napi::CallbackInfo& info) {
  FilterProfile profile;
  JsReader reader(info[0].As<Napi::Object>());
  FilterProfile::Visit(profile, reader);
  const Result<std::string> program = CompileFilter(profile);
  if (!program) return Throw(info.Env(), program.error());
  return Napi::Buffer<char>::Copy(info.Env(), program.value().data(), program.value().size());
}

Napi::Object Export(Napi::Env env, Napi::Object exports) {
  exports.Set("Connection", Connection::Define(env));
  exports.Set("Pipe", Pipe::Define(env));
  exports.Set("createSocket", Napi::Function::New<CreateSocket>(env, "createSocket"));
  exports.Set("createPipe", Napi::Function::New<CreatePipe>(env, "createPipe"));
  exports.Set("createChannel", Napi::Function::New<CreateChannel>(env, "createChannel"));
  exports.Set("closeDescriptor", Napi::Function::New<CloseDescriptor>(env, "closeDescriptor"));
  exports.Set("compileFilter", Napi::Function::New<Compile>(env, "compileFilter"));
  return exports;
}

}  // namespace
}  // namespace mayfly

// The macro's expansion wants a name of the global namespace.
static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) { return mayfly::Export(env, exports); }
NODE_API_MODULE(sandbox, InitAddon)
