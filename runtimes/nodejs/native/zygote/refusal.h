// Why this process cannot be copied. Node's inside is looked into here, so every assumption about it is checked, and one
// that does not hold is an answer and no crash: whoever asked boots processes of its own instead.
#pragma once

#include <optional>
#include <string>

namespace mayfly::zygote {

// Empty: nothing stands against it.
using Refusal = std::optional<std::string>;

}  // namespace mayfly::zygote
