// Cuts the drain loose from everything that it was started among.
#pragma once

namespace heaptape {

// A session of its own, no terminal, no signal that was meant for the command, no descriptor of the command's but its
// own ones (those with close-on-exec), and limits as wide as they go. To be called after the command was forked, which
// keeps all of that.
void detach();

}  // namespace heaptape
