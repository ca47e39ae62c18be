// The program's first thread.
#pragma once

namespace scone::entry {

// Makes the main thread and queues it. It loads the program (loader/start.h) on its own kernel stack, because that may block, and
// then goes on as the program.
void start_main_thread();

}  // namespace scone::entry
