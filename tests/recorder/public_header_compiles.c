#include "heaptape/heaptape.h"

void use_each_call(void);

void use_each_call(void) {
  heaptape_start();
  heaptape_mark("a phase");
  heaptape_flush();
  heaptape_stop();
}
