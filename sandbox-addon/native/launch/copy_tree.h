#pragma once

#include <string>

#include "base/result.h"

namespace mayfly {

// Copies directories, regular files (as 0555 or 0444) and those symbolic links that stay inside of the folder. Anything
// else is an error: a device, a socket or a link that leads out has no business in what a function may see.
[[nodiscard]] Status CopyTree(const std::string& from, const std::string& to);

// True where a link at `depth` directories below the folder, pointing to `target`, cannot lead out of it.
[[nodiscard]] bool StaysInside(const std::string& target, int depth);

}  // namespace mayfly
