/* Without a libc, Zycore clears memory byte by byte through a volatile pointer, which is more than half of the time an
   instruction takes to decode. The enclave has a memset and a memcpy. Included before every source of Zydis. */
#include <Zycore/LibC.h>
#define ZYAN_MEMSET __builtin_memset
#define ZYAN_MEMCPY __builtin_memcpy
