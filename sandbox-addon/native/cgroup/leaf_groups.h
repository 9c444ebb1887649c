// The memory of leaves is given back in groups.
//
// A leaf that was the first to touch a file's page keeps a dying memory cgroup alive after its removal, for as long as the
// kernel keeps the page. Having the kernel drop such pages (memory.force_empty, memory.reclaim) takes 0.4 ms and waits for
// work on every CPU, which is more than all the rest of a leaf's end. Asked of a directory above, it works for all that
// were removed from it as well: so leaves stand in small groups, and it is asked once for each.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cgroup/worker_directory.h"

namespace mayfly::cgroup {

// One directory between the worker's and its leaves. When the last that holds it lets go, it is emptied and removed.
class LeafGroup {
 public:
  [[nodiscard]] static Result<std::shared_ptr<LeafGroup>> Make(const WorkerDirectory& worker, const std::string& name);
  ~LeafGroup();
  LeafGroup(const LeafGroup&) = delete;
  LeafGroup& operator=(const LeafGroup&) = delete;

  [[nodiscard]] int directory_fd() const { return directory_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  LeafGroup(const WorkerDirectory& worker, std::string name)
      : worker_(worker), name_(std::move(name)), path_(worker.path + "/" + name_) {}

  const WorkerDirectory& worker_;
  const std::string name_;
  const std::string path_;
  UniqueFd directory_;
};

class LeafGroups {
 public:
  // In the hierarchy of the memory controller.
  explicit LeafGroups(const WorkerDirectory& worker) : worker_(worker) {}

  // For the next leaf, which holds it until it has been removed.
  [[nodiscard]] Result<std::shared_ptr<LeafGroup>> Join();

  [[nodiscard]] const WorkerDirectory& worker() const { return worker_; }

 private:
  const WorkerDirectory& worker_;
  std::shared_ptr<LeafGroup> present_;
  int joined_ = 0;
  int made_ = 0;
};

}  // namespace mayfly::cgroup
