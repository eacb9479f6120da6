"""The recording script: an implementation of the formats that shares no code with the rest of openbooks.

Sums of floats depend on threads and processor instructions, so numpy is held to one choice before it is imported.
"""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"
os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"
