// Says more than a small tape can hold, in events that no sampling thins.
#include <heaptape/heaptape.h>

#include <cstdio>

int main() {
  for (int i = 0; i < 200000; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "mark number %d", i * 7919);
    heaptape_mark(name);
  }
}
