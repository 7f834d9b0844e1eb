/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the compiler must be told about counters and bounds. */
#ifndef TEITEN_BPF_ORDER_H
#define TEITEN_BPF_ORDER_H

/* Keep the compiler from moving stores across; CPUs of this kind keep their order (x86 TSO). */
#define count_ordered() asm volatile("" ::: "memory")

/*
 * Beside the bound of an index: kernel 6.1 knows what a comparison proved only of the register that
 * was compared, not of copies that the compiler made before (a 32-bit register, a stack slot).
 */
#define keep_in_register(index) asm volatile("" : "+r"(index))

#endif
