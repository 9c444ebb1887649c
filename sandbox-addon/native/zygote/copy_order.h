// The order to make a copy, as it arrives: what the copy has to do, and the descriptors to do it with.
#pragma once

#include <memory>
#include <vector>

#include "base/socket.h"
#include "child/init.h"
#include "child/step.h"
#include "zygote/copy.h"
#include "zygote/messages.h"

namespace mayfly::zygote {

// Blocks. False: the launcher is gone.
[[nodiscard]] bool Await(int socket, Packet& packet);
void Say(int socket, ReportKind kind, int index, int code);

class CopyOrder {
 public:
  // Null where the packet holds none. `close`: what a copy must not have, besides what came with the order; a
  // snapshot closes that at once (BeginSnapshot), for the runtime opens its own anew before the walls are up.
  [[nodiscard]] static std::unique_ptr<CopyOrder> Read(Packet packet, const std::vector<DescriptorRange>& close);

  [[nodiscard]] const CopyMessage& message() const { return message_; }
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] StepContext& context() { return context_; }
  [[nodiscard]] Copying copying() const;
  // The descriptors that came with it.
  [[nodiscard]] std::vector<DescriptorRange> descriptors() const;

  // A time namespace is entered by who shares its memory with nobody, and before the walls if others will share it.
  [[nodiscard]] int EnterTime();
  // For who shares its memory: a time namespace of its own, which holds for what it forks.
  void MakeTimeInstead();

  // In the copy: behind its walls, or gone. They were closed by number, so nobody else closes them.
  void EnterSandbox();

 private:
  CopyOrder() = default;

  // The steps point into the message.
  CopyMessage message_;
  Packet packet_;
  std::vector<Step> steps_;
  std::vector<DescriptorRange> close_;
  StepContext context_;
};

}  // namespace mayfly::zygote
