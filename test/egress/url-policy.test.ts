import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isIntegrationError } from '../../src/model/errors.js'
import { checkAddress, checkUrl, type EgressOptions } from '../../src/egress/url-policy.js'

const verdict = (run: () => unknown): string => {
  try {
    run()
    return 'ok'
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    return error.code
  }
}

describe('checkUrl with nothing allowed', () => {
  it.each([
    ['https://example.com/mcp', 'ok'],
    ['https://example.com:8443/mcp?tenant=1', 'ok'],
    ['https://EXAMPLE.com', 'ok'],
    ['https://münchen.example/mcp', 'ok'],
    ['https://8.8.8.8/', 'ok'],
    ['https://[2606:4700:4700::1111]/', 'ok'],
    ['https://[64:ff9b::8.8.8.8]/', 'ok'],
    ['https://[::ffff:8.8.8.8]/', 'ok'],
    ['', 'invalid_input'],
    ['example.com/mcp', 'invalid_input'],
    ['https://', 'invalid_input'],
    ['https://256.256.256.256/', 'invalid_input'],
    ['https://user@example.com/', 'invalid_input'],
    ['https://user:secret@example.com/', 'invalid_input'],
    ['https://:secret@example.com/', 'invalid_input'],
    ['https://example.com/#top', 'invalid_input'],
    ['https://example.com/#', 'invalid_input'],
    ['http://example.com/', 'url_refused'],
    ['ftp://example.com/', 'url_refused'],
    ['file:///etc/passwd', 'url_refused'],
    ['javascript:alert(1)', 'url_refused'],
    ['data:text/plain,x', 'url_refused'],
    ['java\nscript:alert(1)', 'url_refused'],
    ['ws://example.com/', 'url_refused'],
    ['https://localhost/', 'url_refused'],
    ['https://LOCALHOST/', 'url_refused'],
    ['https://api.localhost/', 'url_refused'],
    ['https://localhost./', 'url_refused'],
    ['https://example.com./', 'url_refused'],
    ['https://127.0.0.1/', 'url_refused'],
    ['https://127.1/', 'url_refused'],
    ['https://2130706433/', 'url_refused'],
    ['https://0x7f000001/', 'url_refused'],
    ['https://0177.0.0.1/', 'url_refused'],
    ['https://127.0.0.1./', 'url_refused'],
    ['https://１２７.０.０.１/', 'url_refused'],
    ['https://127。0。0。1/', 'url_refused'],
    ['https://0.0.0.0/', 'url_refused'],
    ['https://0/', 'url_refused'],
    ['https://10.0.0.1/', 'url_refused'],
    ['https://172.31.255.255/', 'url_refused'],
    ['https://192.168.1.1/', 'url_refused'],
    ['https://100.64.0.1/', 'url_refused'],
    ['https://100.100.100.200/', 'url_refused'],
    ['https://169.254.169.254/latest/meta-data/', 'url_refused'],
    ['https://168.63.129.16/', 'url_refused'],
    ['https://192.0.0.192/', 'url_refused'],
    ['https://198.18.0.1/', 'url_refused'],
    ['https://224.0.0.1/', 'url_refused'],
    ['https://255.255.255.255/', 'url_refused'],
    ['https://[::1]/', 'url_refused'],
    ['https://[::]/', 'url_refused'],
    ['https://[::ffff:127.0.0.1]/', 'url_refused'],
    ['https://[::ffff:7f00:1]/', 'url_refused'],
    ['https://[::127.0.0.1]/', 'url_refused'],
    ['https://[64:ff9b::127.0.0.1]/', 'url_refused'],
    ['https://[64:ff9b::a9fe:a9fe]/', 'url_refused'],
    ['https://[64:ff9b:1::8.8.8.8]/', 'url_refused'],
    ['https://[2002:7f00:1::]/', 'url_refused'],
    ['https://[2001:0:7f00:1::]/', 'url_refused'],
    ['https://[fe80::1]/', 'url_refused'],
    ['https://[fc00::1]/', 'url_refused'],
    ['https://[fd00:ec2::254]/', 'url_refused'],
    ['https://[fec0::1]/', 'url_refused'],
    ['https://[ff02::1]/', 'url_refused'],
    ['https://[2001:db8::1]/', 'url_refused'],
    ['https://[4000::1]/', 'url_refused'],
    ['https://metadata.google.internal/', 'url_refused'],
    ['https://vault.internal/', 'url_refused'],
    ['https://printer.local/', 'url_refused'],
    ['https://intranet/', 'url_refused'],
    ['https://wiki.corp/', 'url_refused'],
    ['https://router.lan/', 'url_refused'],
    ['https://nas.home/', 'url_refused'],
    ['https://wiki.intranet/', 'url_refused'],
    ['https://db.private/', 'url_refused'],
    ['https://kubernetes.default.svc/', 'url_refused'],
    ['https://localhost.localdomain/', 'url_refused'],
    ['https://wiki.corp.example/', 'ok'],
    ['https://home.example/', 'ok'],
  ])('%s → %s', (url, code) => {
    expect(verdict(() => checkUrl(url, {}))).toBe(code)
  })
})

describe('checkUrl with something allowed', () => {
  const loopback: EgressOptions = { allowLoopback: true }
  const inside: EgressOptions = { allowPrivateNetwork: true }
  const hosts: EgressOptions = { allowHosts: ['example.com', '*.Example.org'], denyHosts: ['bad.example.org'] }
  it.each<[string, EgressOptions, string]>([
    ['http://127.0.0.1:3000/mcp', loopback, 'ok'],
    ['http://localhost/', loopback, 'ok'],
    ['http://[::1]:3000/', loopback, 'ok'],
    ['http://api.localhost/', loopback, 'ok'],
    ['http://10.0.0.1/', loopback, 'url_refused'],
    ['https://10.0.0.1/', loopback, 'url_refused'],
    ['http://example.com/', loopback, 'url_refused'],
    ['http://0.0.0.0/', loopback, 'url_refused'],
    ['https://10.0.0.1/', inside, 'ok'],
    ['https://[fd12::1]/', inside, 'ok'],
    ['https://vault.internal/', inside, 'ok'],
    ['https://intranet/', inside, 'ok'],
    ['http://10.0.0.1/', inside, 'url_refused'],
    ['https://127.0.0.1/', inside, 'url_refused'],
    ['https://169.254.169.254/', inside, 'url_refused'],
    ['https://100.100.100.200/', inside, 'url_refused'],
    ['https://[fd00:ec2::254]/', inside, 'url_refused'],
    ['https://metadata.google.internal/', inside, 'url_refused'],
    ['https://metadata/', inside, 'url_refused'],
    ['https://instance-data/', inside, 'url_refused'],
    ['https://wiki.corp/', inside, 'ok'],
    ['https://localhost.localdomain/', inside, 'url_refused'],
    ['http://localhost.localdomain/', loopback, 'ok'],
    ['https://example.com/', hosts, 'ok'],
    ['https://a.b.example.org/', hosts, 'ok'],
    ['https://example.org/', hosts, 'url_refused'],
    ['https://evilexample.org/', hosts, 'url_refused'],
    ['https://bad.example.org/', hosts, 'url_refused'],
    ['https://example.com.evil.test/', hosts, 'url_refused'],
    ['https://example.com/', { allowHosts: [] }, 'url_refused'],
    ['https://127.0.0.1/', { allowHosts: ['127.0.0.1'] }, 'url_refused'],
  ])('%s with %o → %s', (url, egress, code) => {
    expect(verdict(() => checkUrl(url, egress))).toBe(code)
  })
})

describe('checkAddress', () => {
  it.each<[string, EgressOptions, string]>([
    ['93.184.216.34', {}, 'ok'],
    ['127.0.0.1', {}, 'url_refused'],
    ['127.0.0.1', { allowLoopback: true }, 'ok'],
    ['::1', { allowLoopback: true }, 'ok'],
    ['::ffff:127.0.0.1', { allowLoopback: true }, 'ok'],
    ['::ffff:10.0.0.1', {}, 'url_refused'],
    ['10.0.0.1', { allowPrivateNetwork: true }, 'ok'],
    ['10.0.0.1', { allowLoopback: true }, 'url_refused'],
    ['fe80::1%eth0', { allowPrivateNetwork: true, allowLoopback: true }, 'url_refused'],
    ['not an address', { allowPrivateNetwork: true, allowLoopback: true }, 'url_refused'],
    ['', { allowPrivateNetwork: true, allowLoopback: true }, 'url_refused'],
  ])('%s with %o → %s', (ip, egress, code) => {
    expect(verdict(() => checkAddress(ip, egress))).toBe(code)
  })
})

it('never repeats credentials or the query of a refused URL', () => {
  for (const url of [
    'https://u:canary@example.com/',
    'http://example.com/?key=canary',
    'https://10.0.0.1/canary?canary',
  ]) {
    try {
      checkUrl(url, {})
      expect.unreachable()
    } catch (error) {
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
    }
  }
})

describe('an address that is denied', () => {
  const deny = (denied: string) => ({ allowLoopback: true, allowPrivateNetwork: true, denyHosts: [denied] })

  it.each([
    ['127.0.0.1', 'http://localhost/'],
    ['127.0.0.1', 'http://a.localhost/'],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]/'],
    ['127.0.0.1', 'http://2130706433/'],
    ['203.0.114.7', 'https://[::ffff:203.0.114.7]/'],
    ['203.0.114.7', 'https://[64:ff9b::203.0.114.7]/'],
    ['::ffff:203.0.114.7', 'https://203.0.114.7/'],
    ['[2606:4700::1]', 'https://[2606:4700:0:0::1]/'],
  ])('%s is denied at %s', (denied, url) => {
    expect(() => checkUrl(url, deny(denied))).toThrow(expect.objectContaining({ code: 'url_refused' }))
  })

  it('is denied to a name that leads there, and no other is', () => {
    expect(() => checkAddress('203.0.114.7', deny('203.0.114.7'))).toThrow(
      expect.objectContaining({ code: 'url_refused' }),
    )
    expect(() => checkAddress('203.0.114.8', deny('203.0.114.7'))).not.toThrow()
    expect(() => checkUrl('http://127.0.0.2/', deny('127.0.0.1'))).not.toThrow()
  })
})

describe('a host in another spelling', () => {
  const refusal = expect.objectContaining({ code: 'url_refused' }) as Error
  const same: readonly [string, string][] = [
    ['bücher.example', 'https://bücher.example/'],
    ['BÜCHER.example', 'https://XN--BCHER-KVA.example:8443/'],
    ['xn--bcher-kva.example', 'https://bücher.example/'],
    ['*.bücher.example', 'https://a.bücher.example/'],
    ['*.xn--bcher-kva.example', 'https://a.BÜCHER.example/'],
    ['[2606:4700:0::A]', 'https://[2606:4700::a]/'],
    ['3405804039', 'https://203.0.114.7/'],
    ['0xcb.0.0162.7', 'https://203.0.114.7:8443/'],
    ['203.0.114.7', 'https://203.0.114.7./'],
  ]

  it.each(same)('%s is denied and allowed at %s', (host, url) => {
    expect(() => checkUrl(url, { denyHosts: [host] })).toThrow(refusal)
    expect(() => checkUrl(url, { allowHosts: [host] })).not.toThrow()
    expect(() => checkUrl(url, { allowHosts: [host], denyHosts: [host] })).toThrow(refusal)
  })

  it.each([
    ['bücher.example', 'https://bucher.example/'],
    ['bücher.example', 'https://a.bücher.example/'],
    ['*.bücher.example', 'https://bücher.example/'],
    ['*.bücher.example', 'https://notbücher.example/'],
    ['[2606:4700::a]', 'https://[2606:4700::b]/'],
    ['3405804039', 'https://203.0.114.8/'],
  ])('is another host: %s is neither denied nor allowed at %s', (host, url) => {
    expect(() => checkUrl(url, { denyHosts: [host] })).not.toThrow()
    expect(() => checkUrl(url, { allowHosts: [host] })).toThrow(refusal)
  })

  it('carries no credentials and no zone', () => {
    for (const url of ['https://user@203.0.114.7/', 'https://[fe80::1%25eth0]/'])
      expect(() => checkUrl(url, { denyHosts: ['203.0.114.7'] })).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      )
  })
})
