import { useRedis } from '@triggerkit/tool-services'
import { afterAll, describe, expect, it } from 'vitest'

import { runDemo } from './demo.js'

const redis = await useRedis()
afterAll(() => redis.stop())

describe('the survey service, two workers and Redis', () => {
  it('bring every questionnaire to its end, though a worker is killed in the middle', async () => {
    const lines: string[] = []

    const unsettled = await runDemo({ redisUrl: redis.url, count: 20, loud: false, say: (line) => lines.push(line) })

    expect(unsettled, lines.join('\n')).toBe(0)
    expect(lines).toContainEqual(expect.stringMatching(/^Worker \d+ was killed halfway through\.$/))
    expect(lines).toContainEqual(expect.stringMatching(/^2 instances had failed .*: 1 were replayed, 1 skipped\.$/))
    expect(lines.at(-1)).toBe('All 30 sessions ended: nothing lost, nothing done twice.')
  }, 180_000)
})
