import { describe, expect, test } from 'bun:test'
import { Circuit } from '../../src/upstreams/circuit.ts'
import type { Fault } from '../../src/upstreams/faults.ts'

const DOWN: Fault = { kind: 'unreachable', message: 'The server did not answer.' }
const S = 1_000
const CALL = { wasCall: true, notBefore: 0 }

/** A circuit without chance, with three failures behind it. */
function opened(at = 0): Circuit {
  const circuit = new Circuit((ms) => ms)
  for (let n = 0; n < 3; n++) circuit.failed(DOWN, at, CALL)
  return circuit
}

describe('a circuit', () => {
  test('stays closed for one failure and for two, and opens at the third in a row', () => {
    const circuit = new Circuit((ms) => ms)
    expect(circuit.failed(DOWN, 0, CALL)).toBe(false)
    expect(circuit.failed(DOWN, 0, CALL)).toBe(false)
    expect(circuit.standing(0)).toBe('closed')
    expect(circuit.failed(DOWN, 0, CALL)).toBe(true)
    expect(circuit.standing(0)).toBe('open')
    expect(circuit.until).toBe(5 * S)
  })

  test('counts failures in a row: an answer in between begins anew', () => {
    const circuit = new Circuit((ms) => ms)
    for (let n = 0; n < 10; n++) {
      circuit.failed(DOWN, 0, CALL)
      circuit.failed(DOWN, 0, CALL)
      circuit.succeeded()
    }
    expect(circuit.standing(0)).toBe('closed')
    expect(circuit.lately).toEqual({ calls: 20, failed: 13 })
  })

  test('is due once its time is over, and asked again stays open for twice as long, at most five minutes', () => {
    const circuit = opened()
    let now = 0
    const pauses: number[] = []
    for (let round = 0; round < 9; round++) {
      const until = circuit.until ?? 0
      pauses.push((until - now) / S)
      expect(circuit.standing(until - 1)).toBe('open')
      expect(circuit.standing(until)).toBe('due')
      now = until
      circuit.failed(DOWN, now, { wasCall: false, notBefore: 0 })
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
  })

  test('tries one call when the server answers again, and closes when that one is answered', () => {
    const circuit = opened()
    circuit.answered()
    expect(circuit.standing(5 * S)).toBe('trial')
    circuit.succeeded()
    expect(circuit.standing(5 * S)).toBe('closed')
    expect(circuit.fault).toBeNull()
  })

  test('opens again for longer when the call that was tried fails, at the first failure', () => {
    const circuit = opened()
    circuit.answered()
    expect(circuit.failed(DOWN, 5 * S, CALL)).toBe(true)
    expect(circuit.until).toBe(15 * S)
  })

  test('begins with the shortest pause again once a call was answered', () => {
    const circuit = opened()
    circuit.failed(DOWN, 5 * S, CALL)
    circuit.answered()
    circuit.succeeded()
    for (let n = 0; n < 3; n++) circuit.failed(DOWN, 100 * S, CALL)
    expect(circuit.until).toBe(105 * S)
  })

  test('is not moved by what was under way when it opened, failed or answered', () => {
    const circuit = opened()
    for (let n = 0; n < 40; n++) expect(circuit.failed(DOWN, 1 * S, CALL)).toBe(false)
    expect(circuit.until).toBe(5 * S)
    // One that is answered all the same shows that the server works.
    circuit.succeeded()
    expect(circuit.standing(1 * S)).toBe('closed')
  })

  test('waits as long as the server asks to be left alone', () => {
    const circuit = new Circuit((ms) => ms)
    for (let n = 0; n < 3; n++) circuit.failed(DOWN, 0, { wasCall: true, notBefore: 60 * S })
    expect(circuit.until).toBe(60 * S)
    circuit.putOff(90 * S)
    circuit.putOff(30 * S)
    expect(circuit.until).toBe(90 * S)
    const closed = new Circuit((ms) => ms)
    closed.putOff(90 * S)
    expect(closed.standing(0)).toBe('closed')
  })

  test('is due at once when the clock was set back to before it opened', () => {
    const circuit = opened(1_000 * S)
    expect(circuit.standing(1_001 * S)).toBe('open')
    expect(circuit.standing(500 * S)).toBe('due')
  })

  test('spreads its pauses by chance, a fifth to either side', () => {
    const pauses = Array.from({ length: 200 }, () => {
      const circuit = new Circuit()
      for (let n = 0; n < 3; n++) circuit.failed(DOWN, 0, CALL)
      return circuit.until ?? 0
    })
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(4 * S)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(6 * S)
    expect(new Set(pauses).size).toBeGreaterThan(20)
  })
})
