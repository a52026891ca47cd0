#pragma once

// The variable that names the file with the offset: 8 bytes, microseconds, as the machine writes an integer.
#define TRIAL_CLOCK_FILE "TRIAL_CLOCK_FILE"
