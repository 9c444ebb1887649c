// The three kinds of leaf, and one directory of any of them. A worker's directories outlive its leaves.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cgroup/cgroup.h"
#include "cgroup/leaf_groups.h"
#include "cgroup/worker_directory.h"

namespace mayfly::cgroup {

using Leaf = std::unique_ptr<LeafCgroup>;

// A leaf's directory in one hierarchy: in its group, or in the worker's own directory where it belongs to none.
class LeafDirectory {
 public:
  [[nodiscard]] static Result<LeafDirectory> Make(const WorkerDirectory& worker, std::shared_ptr<LeafGroup> group,
                                                  const std::string& name);

  [[nodiscard]] int fd() const { return directory_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const CgroupHierarchy& hierarchy() const { return worker_->hierarchy; }
  // Of the directory above.
  [[nodiscard]] int above_fd() const { return group_ != nullptr ? group_->directory_fd() : worker_->worker.get(); }

  // True when it is gone; false while a process of it has not quite ended.
  [[nodiscard]] Result<bool> TryRemove();

 private:
  LeafDirectory(const WorkerDirectory& worker, std::shared_ptr<LeafGroup> group, std::string name);

  const WorkerDirectory* worker_;
  std::shared_ptr<LeafGroup> group_;
  std::string name_;
  std::string path_;
  UniqueFd directory_;
  bool removed_ = false;
};

// The v2 hierarchy of a hybrid host is among the directories, and left alone by v1's leaf. `groups` is of the memory
// controller's hierarchy.
[[nodiscard]] Result<Leaf> CreateV1Leaf(std::span<const WorkerDirectory> directories, LeafGroups& groups,
                                        const std::string& name, const std::vector<LimitWrite>& writes);
// Without groups: of a hierarchy that has no controllers.
[[nodiscard]] Result<Leaf> CreateV2Leaf(const WorkerDirectory& directory, LeafGroups* groups, const std::string& name,
                                        const std::vector<LimitWrite>& writes);
[[nodiscard]] Result<Leaf> CreateHybridLeaf(std::span<const WorkerDirectory> directories, LeafGroups& groups,
                                            const std::string& name, const std::vector<LimitWrite>& writes);

// Whether v1 makes every leaf in the hierarchies that these limits need.
[[nodiscard]] bool IsWithinAlways(const std::vector<LimitWrite>& writes);

// Writes one limit. A file that the kernel lacks is forgiven where the limit is best effort.
[[nodiscard]] Status Apply(int directory_fd, const LimitWrite& write);

// True where the writes limit CPU bandwidth, so that periods are counted.
[[nodiscard]] bool LimitsBandwidth(const std::vector<LimitWrite>& writes);

}  // namespace mayfly::cgroup
