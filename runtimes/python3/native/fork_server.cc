// What the zygote's script calls: serve() once, which returns in a copy only, then await_call().
//
// Written against Python's stable ABI: one build serves every Python from 3.9 on.
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>

#include "child/init.h"
#include "launch_traces.h"
#include "zygote/fork_server.h"

namespace mayfly::zygote {
namespace {

// It holds the interpreter's lock all the time, as os.fork() does while it forks: the one thread is copied as its holder.
// Python keeps no descriptor open, so that a copy has those of the fork server and no other.
PyObject* ServeForks(PyObject* /*module*/, PyObject* /*arguments*/) {
  if (const Refusal refusal = BlankLaunchEnvironment(); refusal) {
    PyErr_SetString(PyExc_RuntimeError, refusal->c_str());
    return nullptr;
  }
  // The zygote runs no Python any more, so that what it owes to a fork is done once, for all of them.
  PyOS_BeforeFork();
  if (Serve({{kReadyPipe + 1, INT_MAX}}) == Served::kLauncherGone) _exit(0);
  PyOS_AfterFork_Child();
  Py_RETURN_NONE;
}

// As the C library reckons it when a program starts: the limit of its stack is the size of its threads' stacks.
void TakeOnStackLimit() {
  rlimit limit = {};
  pthread_attr_t attributes;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  if (pthread_attr_init(&attributes) != 0) return;
  const auto page = static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
  const rlim_t bytes = std::max<rlim_t>(limit.rlim_cur, PTHREAD_STACK_MIN);
  if (pthread_attr_setstacksize(&attributes, (bytes + page - 1) / page * page) == 0) {
    pthread_setattr_default_np(&attributes);
  }
  pthread_attr_destroy(&attributes);
}

// The environment of the call, each variable as bytes of NAME=value: Python keeps one of its own.
PyObject* Environment() {
  PyObject* list = PyList_New(0);
  for (char** variable = environ; list != nullptr && *variable != nullptr; variable++) {
    PyObject* text = PyBytes_FromString(*variable);
    if (text == nullptr || PyList_Append(list, text) != 0) Py_CLEAR(list);
    Py_XDECREF(text);
  }
  return list;
}

PyObject* AwaitOneCall(PyObject* /*module*/, PyObject* /*arguments*/) {
  if (!AwaitCall()) _exit(0);
  TakeOnStackLimit();
  return Environment();
}

PyMethodDef methods[] = {
    {"serve", ServeForks, METH_NOARGS, "Blocks for good, and returns in a copy of this process, behind its walls."},
    {"await_call", AwaitOneCall, METH_NOARGS, "Returns when the copy's one call has come: its environment."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_fork_server", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr,
};

}  // namespace
}  // namespace mayfly::zygote

PyMODINIT_FUNC PyInit__fork_server() { return PyModule_Create(&mayfly::zygote::definition); }
