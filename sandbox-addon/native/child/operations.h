// The operations behind the step kinds. Each gives 0, or the errno of the failing line, and is async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "child/step.h"

namespace mayfly {

// mounts.cc
int OpenTree(const char* path, std::uint64_t attributes, int& slot);
int OpenProc(int& slot);
int ResizeScratch(const char* mount, const char* bytes, const char* inodes);
int OpenScratch(const char* mount_point, const char* options, int& tmp_slot, int& shm_slot);
int EnterNewRoot(const char* mount_point, const char* options);
int EnterTemplate(int& slot, const char* mount_point);
int BuildTemplate(const char* mount_point, const char* options);
int Attach(int& slot, const char* target);
int Mask(const char* target, const char* cover);
int MakeReadOnly(const char* target);
int BindReadOnly(const char* target);

// files.cc
int MakeDirectory(const char* path, std::uint64_t mode);
int MakeSymlink(const char* path, const char* to);
int MakeFile(const char* path, const void* data, std::size_t size, std::uint64_t mode);
int WriteFile(const char* path, const char* text);

// network.cc
int RaiseInterface(const char* name);

// identity.cc
int SetUser(std::uint64_t uid, std::uint64_t gid);
int LimitCapabilities(std::uint64_t within_reach);
int KeepCapabilities(std::uint64_t kept);
int DropCapabilities();
int LoadFilter(const void* filter, std::size_t size);

// entry.cc
int JoinCgroups(StepContext& context);
int InstallStdio(const StepContext& context, std::uint64_t uid, std::uint64_t gid);
int InstallZygoteDescriptors(const StepContext& context);
int InstallCopyDescriptors(const StepContext& context);
int SetLimit(int resource, std::uint64_t soft, std::uint64_t hard);
int StartSession();

}  // namespace mayfly
