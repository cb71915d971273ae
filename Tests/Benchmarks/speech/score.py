"""What a listener would say: PESQ (ITU-T P.862.2, wide-band) and delay of a recording against what was sent."""

import numpy
from pesq import PesqError, pesq

from reference import rate, resampled, segment_seconds

score_rate = 16_000


def score(sent, heard, offset):
    """`offset` is how many seconds after the first sample of `sent` was taken the first of `heard` was played."""
    sent, heard = (resampled(samples, rate, score_rate) for samples in (sent, heard))
    sent_edges, heard_edges = (numpy.diff(samples, prepend=0.0) for samples in (sent, heard))
    span = segment_seconds * score_rate
    values, delays = [], []
    lag = best_lag(sent_edges, heard_edges, 0, len(heard))
    for start in range(0, len(sent) - span + 1, span):
        lag = best_lag(sent_edges[start : start + span], heard_edges, start + lag, score_rate // 2) - start
        values.append(quality(sent[start : start + span], cut(heard, start + lag, span)))
        for first, last in utterances(sent[start : start + span]):
            place = start + first
            at = best_lag(sent_edges[place : start + last], heard_edges, place + lag, score_rate // 5)
            delays.append((at - place) / score_rate + offset)
    return {"pesq": float(numpy.mean(values)), "worst": min(values), "delay_ms": float(numpy.median(delays)) * 1000}


def quality(sent, heard):
    if numpy.sqrt(numpy.mean(heard**2)) < 1e-5:
        return 1.0
    try:
        return float(pesq(score_rate, sent.astype("f4"), heard.astype("f4"), "wb"))
    except PesqError:
        return 1.0


def best_lag(piece, samples, around, reach):
    """Where in `samples` the piece is found best, not farther than `reach` from `around`."""
    first = around - reach
    area = cut(samples, first, len(piece) + 2 * reach)
    size = 1 << (len(area) + len(piece)).bit_length()
    likeness = numpy.fft.irfft(numpy.fft.rfft(area, size) * numpy.conj(numpy.fft.rfft(piece, size)), size)
    return first + int(numpy.argmax(likeness[: 2 * reach + 1]))


def cut(samples, first, count):
    """A part of the samples, with silence where it reaches beyond them."""
    part = samples[max(0, first) : max(0, first + count)]
    missing_before = max(0, min(count, -first))
    return numpy.concatenate([numpy.zeros(missing_before), part, numpy.zeros(count - missing_before - len(part))])


def utterances(samples):
    """First and last sample of each stretch of talk; pauses below 0.3 s are within one."""
    frame = score_rate // 100
    power = numpy.mean(samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2, 1)
    found = []
    for index in numpy.flatnonzero(power > 1e-6):
        if found and index - found[-1][1] <= 30:
            found[-1][1] = index + 1
        else:
            found.append([index, index + 1])
    return [(first * frame, last * frame) for first, last in found if last - first >= 20]
