#!/bin/sh
# Makes the container's own part of the cgroup tree usable, then becomes the worker.
#
# Docker mounts it read-only unless the container is privileged. CAP_SYS_ADMIN is enough to undo that, in this
# container's mount namespace alone; without a cgroup namespace what is mounted is still this container's cgroup only.
set -eu

while read -r _ mount_point type _; do
  case "$type" in
    cgroup | cgroup2) mount -o remount,bind,rw "$mount_point" ;;
  esac
done < /proc/self/mounts

# cgroup v2: a cgroup that gives controllers to its children may hold no process itself, cgroups(7).
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/worker
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do
    # One that has ended since cannot be moved.
    echo "$pid" > /sys/fs/cgroup/worker/cgroup.procs 2> /dev/null || true
  done
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
  done
fi

exec "$@"
