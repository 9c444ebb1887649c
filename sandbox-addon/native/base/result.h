// What a call that can fail gives back, where exceptions are not used.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace mayfly {

// `what` was tried on `path`; `code` is the errno of the failing line. `hint` tells the remedy, where there is one.
struct Error {
  std::string what;
  std::string path;
  int code = 0;
  std::string hint;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that `return value;` and `return Error{…};` read as what they are.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}    // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// The result of a call that has nothing to give but its success.
using Status = Result<std::monostate>;
inline Status Success() { return std::monostate{}; }

}  // namespace mayfly
