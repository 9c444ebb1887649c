// How a message becomes bytes and comes back. A message type lists its members once, in a static function
//
//   template <typename Self, typename Visitor> static void Visit(Self& self, Visitor& visit) { visit("id", self.id); … }
//
// which serves both directions here and, by the members' names, the conversion from and to JavaScript.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly {

template <typename T>
concept WireNumber = std::integral<T>;

class WireWriter {
 public:
  template <typename T>
  void operator()(const char* /*name*/, const T& value) {
    Put(value);
  }

  [[nodiscard]] std::string Take() { return std::move(bytes_); }

 private:
  template <WireNumber T>
  void Put(T value) {
    const auto wide = static_cast<std::int64_t>(value);
    bytes_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  void Put(const std::string& text) {
    Put(text.size());
    bytes_ += text;
  }
  template <typename T>
  void Put(const std::vector<T>& list) {
    Put(list.size());
    for (const T& item : list) Put(item);
  }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <typename T>
    requires requires(const T& message, WireWriter& writer) { T::Visit(message, writer); }
  void Put(const T& message) {
    T::Visit(message, *this);
  }

  std::string bytes_;
};

// Bytes that do not hold what was asked for make ok() false, and leave the rest of the message empty.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void operator()(const char* /*name*/, T& value) {
    Get(value);
  }

  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view Next(std::size_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view next = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return next;
  }

  template <WireNumber T>
  void Get(T& value) {
    std::int64_t wide = 0;
    const std::string_view next = Next(sizeof wide);
    if (ok_) std::memcpy(&wide, next.data(), sizeof wide);
    value = static_cast<T>(wide);
  }
  void Get(std::string& text) {
    std::size_t size = 0;
    Get(size);
    text = Next(size);
  }
  template <typename T>
  void Get(std::vector<T>& list) {
    std::size_t count = 0;
    Get(count);
    // Every item takes at least one byte: a count above that is a lie, and would only allocate.
    if (count > bytes_.size()) ok_ = false;
    for (std::size_t i = 0; ok_ && i < count; i++) Get(list.emplace_back());
  }
  template <typename T>
  void Get(std::optional<T>& value) {
    bool present = false;
    Get(present);
    if (present) Get(value.emplace());
  }
  template <typename T>
    requires requires(T& message, WireReader& reader) { T::Visit(message, reader); }
  void Get(T& message) {
    T::Visit(message, *this);
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace mayfly
