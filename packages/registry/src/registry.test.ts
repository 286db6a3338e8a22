import { isTriggerkitError } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { Registry } from './registry.js'

class Shape {
  readonly sides: number
  constructor(sides: number) {
    this.sides = sides
  }
}

class Square extends Shape {
  constructor() {
    super(4)
  }
}

const shape = (sides: number): Shape => new Shape(sides)
const shapes = (): Registry<Shape> => new Registry<Shape>('shape')

function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (isTriggerkitError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('Registry', () => {
  it('instantiates a class with the arguments given', () => {
    const made = shapes().register('shape', Shape).get('shape', 3)
    expect(made).toBeInstanceOf(Shape)
    expect(made.sides).toBe(3)
  })

  it('calls a factory, whichever way it is written', () => {
    function declared(sides: number): Shape {
      return new Shape(sides)
    }
    const methods = {
      written(sides: number): Shape {
        return new Shape(sides)
      },
    }
    const registry = shapes().register('arrow', shape).register('declared', declared).register('method', methods.written)

    expect(registry.keys().map((key) => registry.get(key, 5).sides)).toEqual([5, 5, 5])
  })

  it('takes what brings its own key', () => {
    const registry = shapes().register({ key: 'square', create: Square })
    expect(registry.get('square').sides).toBe(4)
  })

  it('gives the class or factory itself, for who instantiates it', () => {
    const registry = shapes().register('square', Square).register('any', shape)
    expect([registry.entry('square'), registry.entry('any')]).toEqual([Square, shape])
  })

  it('tells what it has, in the order of registration', () => {
    const registry = shapes().register('b', Square).register('a', shape)
    expect([registry.size, registry.keys(), [...registry]]).toEqual([2, ['b', 'a'], [['b', Square], ['a', shape]]])
    expect([registry.has('a'), registry.has('c')]).toEqual([true, false])
  })

  it('takes __proto__ and constructor for ordinary keys', () => {
    const registry = shapes()
    expect(['__proto__', 'constructor'].map((key) => registry.has(key))).toEqual([false, false])
    expect(registry.register('__proto__', Square).get('__proto__').sides).toBe(4)
    expect(refusal(() => registry.get('constructor')).code).toBe('UnknownKey')
  })

  it('names the known keys and the closest when it does not know one', () => {
    const registry = shapes().register('square', Square).register('circle', shape)

    const expected = { code: 'UnknownKey', message: 'There is no shape "sqare". Did you mean "square"? Known: "square", "circle".' }
    expect(refusal(() => registry.get('sqare'))).toEqual(expected)
    expect(refusal(() => registry.entry('sqare'))).toEqual(expected)
    expect(refusal(() => shapes().get('x')).message).toBe('There is no shape "x". None is registered yet.')
  })

  it.each([undefined, null, 7n])('says of %s, as a setting that is missing may give it, that it does not know it', (key) => {
    expect(refusal(() => shapes().register('square', Square).get(key as never))).toEqual({
      code: 'UnknownKey',
      message: `There is no shape "${String(key)}". Known: "square".`,
    })
  })

  it.each([undefined, null, 4, 'square'])('refuses a factory that gives %s, naming its key', (made) => {
    const registry = shapes().register('square', (() => made) as never)

    expect(refusal(() => registry.get('square'))).toEqual({
      code: 'InvalidArgument',
      message: 'shape "square": the factory returned no object.',
    })
  })

  it('refuses a key that is taken, and keeps what was there', () => {
    const registry = shapes().register('square', Square)

    expect(refusal(() => registry.register('square', shape))).toEqual({
      code: 'DuplicateKey',
      message: 'A shape with the key "square" is already registered; give this one another key.',
    })
    expect(registry.entry('square')).toBe(Square)
  })

  it.each(['', 7, null, undefined])('refuses %j as a key', (key) => {
    expect(refusal(() => shapes().register(key as string, Square)).code).toBe('InvalidName')
  })

  it('refuses an entry that is neither class nor function', () => {
    expect(refusal(() => shapes().register('square', { sides: 4 } as never)).code).toBe('InvalidArgument')
  })
})

describe('keyOf', () => {
  it('knows classes, factories and what they made', () => {
    const registry = shapes().register('square', Square).register('any', shape)

    expect(registry.keyOf(Square)).toBe('square')
    expect(registry.keyOf(shape)).toBe('any')
    expect(registry.keyOf(registry.get('any', 3))).toBe('any')
    expect(registry.keyOf(registry.get('square'))).toBe('square')
  })

  it('knows an instance of a registered class that somebody else made', () => {
    expect(shapes().register('square', Square).keyOf(new Square())).toBe('square')
  })

  it('tells two keys of one class apart by the object that was asked for', () => {
    const registry = shapes().register('first', Square).register('second', Square)
    expect(registry.keyOf(registry.get('second'))).toBe('second')
    expect(registry.keyOf(Square)).toBe('first')
  })

  it('knows no others, a subclass of a registered class included', () => {
    const registry = shapes().register('shape', Shape)
    const others = [new Square(), Square, Object.create(null) as Shape, undefined]
    expect(others.map((other) => registry.keyOf(other))).toEqual(others.map(() => undefined))
  })
})
