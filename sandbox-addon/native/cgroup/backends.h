// The three kinds of leaf. A worker's directories outlive its leaves.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cgroup/cgroup.h"
#include "cgroup/worker_directory.h"

namespace mayfly::cgroup {

using Leaf = std::unique_ptr<LeafCgroup>;

// The v2 hierarchy of a hybrid host is among the directories, and left alone by v1's leaf.
[[nodiscard]] Result<Leaf> CreateV1Leaf(std::span<const WorkerDirectory> directories, const std::string& name,
                                        const std::vector<LimitWrite>& writes);
[[nodiscard]] Result<Leaf> CreateV2Leaf(const WorkerDirectory& directory, const std::string& name,
                                        const std::vector<LimitWrite>& writes);
[[nodiscard]] Result<Leaf> CreateHybridLeaf(std::span<const WorkerDirectory> directories, const std::string& name,
                                            const std::vector<LimitWrite>& writes);

// Whether v1 makes every leaf in the hierarchies that these limits need.
[[nodiscard]] bool IsWithinAlways(const std::vector<LimitWrite>& writes);

// Writes one limit. A file that the kernel lacks is forgiven where the limit is best effort.
[[nodiscard]] Status Apply(int directory_fd, const LimitWrite& write);

// True where the writes limit CPU bandwidth, so that periods are counted.
[[nodiscard]] bool LimitsBandwidth(const std::vector<LimitWrite>& writes);

// Makes and opens <worker's directory>/<name>.
[[nodiscard]] Result<UniqueFd> MakeLeafDirectory(const WorkerDirectory& directory, const std::string& name);

// Removes it. True when it is gone; false while a process of it has not quite ended.
[[nodiscard]] Result<bool> TryRemove(const WorkerDirectory& directory, const std::string& name);

}  // namespace mayfly::cgroup
