// Messages to JavaScript objects and back, by the members' names that their Visit functions list. The JavaScript side
// has validated what it hands over.
#pragma once

#include <napi.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace mayfly {

class JsReader;
class JsWriter;

template <typename T>
concept Visitable = requires(T& message, JsReader& reader) { T::Visit(message, reader); };

// From an object to a message.
class JsReader {
 public:
  explicit JsReader(Napi::Object object) : object_(object) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    Get(object_.Get(name), value);
  }

 private:
  static void Get(Napi::Value from, bool& value) { value = from.ToBoolean(); }
  static void Get(Napi::Value from, std::string& value) {
    if (from.IsBuffer()) {
      const auto buffer = from.As<Napi::Buffer<char>>();
      value.assign(buffer.Data(), buffer.Length());
    } else {
      value = from.ToString();
    }
  }
  template <typename T>
    requires std::integral<T> && (!std::same_as<T, bool>)
  static void Get(Napi::Value from, T& value) {
    value = static_cast<T>(from.ToNumber().Int64Value());
  }
  template <typename T>
  static void Get(Napi::Value from, std::optional<T>& value) {
    if (from.IsNull() || from.IsUndefined()) return;
    Get(from, value.emplace());
  }
  template <typename T>
  static void Get(Napi::Value from, std::vector<T>& value) {
    const auto array = from.As<Napi::Array>();
    for (std::uint32_t i = 0; i < array.Length(); i++) Get(array.Get(i), value.emplace_back());
  }
  template <Visitable T>
  static void Get(Napi::Value from, T& value) {
    JsReader reader(from.As<Napi::Object>());
    T::Visit(value, reader);
  }

  Napi::Object object_;
};

// From a message to an object.
class JsWriter {
 public:
  explicit JsWriter(Napi::Env env) : env_(env), object_(Napi::Object::New(env)) {}

  template <typename T>
  void operator()(const char* name, const T& value) {
    object_.Set(name, Put(value));
  }

  [[nodiscard]] Napi::Object object() const { return object_; }

 private:
  Napi::Value Put(bool value) { return Napi::Boolean::New(env_, value); }
  Napi::Value Put(const std::string& value) { return Napi::String::New(env_, value); }
  template <typename T>
    requires std::integral<T> && (!std::same_as<T, bool>)
  Napi::Value Put(T value) {
    return Napi::Number::New(env_, static_cast<double>(value));
  }
  template <typename T>
  Napi::Value Put(const std::optional<T>& value) {
    return value.has_value() ? Put(*value) : env_.Null();
  }
  template <typename T>
  Napi::Value Put(const std::vector<T>& value) {
    Napi::Array array = Napi::Array::New(env_, value.size());
    for (std::uint32_t i = 0; i < value.size(); i++) array.Set(i, Put(value[i]));
    return array;
  }
  template <typename T>
    requires requires(const T& message, JsWriter& writer) { T::Visit(message, writer); }
  Napi::Value Put(const T& value) {
    JsWriter writer(env_);
    T::Visit(value, writer);
    return writer.object();
  }

  Napi::Env env_;
  Napi::Object object_;
};

}  // namespace mayfly
