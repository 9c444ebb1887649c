// A root that was built once, and of which every sandbox gets a mount of its own.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/host_view.h"
#include "launch/plan.h"

namespace mayfly {

class RootTemplate {
 public:
  // Builds it in a process of its own, and waits for that: it takes a few milliseconds.
  [[nodiscard]] static Result<std::unique_ptr<RootTemplate>> Build(const std::vector<RootStepMessage>& root,
                                                                   const Store& store, const HostView& view,
                                                                   const SandboxPlan::MountTree& mount_tree);
  ~RootTemplate();
  RootTemplate(const RootTemplate&) = delete;
  RootTemplate& operator=(const RootTemplate&) = delete;

  // A mount of all of it that is nowhere yet.
  [[nodiscard]] Result<UniqueFd> Mount() const;

 private:
  RootTemplate(const HostView& view, std::string path) : view_(view), path_(std::move(path)) {}

  const HostView& view_;
  const std::string path_;
};

}  // namespace mayfly
