// Tests print TAP: one "ok N - sentence" a check, so that a person and a harness read the same lines.
#pragma once

#include <cstdio>
#include <string>

namespace mayfly::tap {

inline int g_count = 0;
inline int g_failed = 0;

inline bool Check(bool passed, const std::string& sentence) {
  g_count++;
  if (!passed) g_failed++;
  std::printf("%sok %d - %s\n", passed ? "" : "not ", g_count, sentence.c_str());
  std::fflush(stdout);
  return passed;
}

inline void Skip(const std::string& sentence, const std::string& reason) {
  g_count++;
  std::printf("ok %d - %s # SKIP %s\n", g_count, sentence.c_str(), reason.c_str());
}

inline int Finish() {
  std::printf("1..%d\n", g_count);
  return g_failed == 0 ? 0 : 1;
}

}  // namespace mayfly::tap
