/** Sends a file and says how much of it is sent, which fetch does not. */
import type { Problem } from '../../src/model/registry.ts'
import { ApiError, apiUrl } from '../api/client.ts'

/** @param share of what is sent, 0 to 1; 1 while the server works on it */
export type Progress = (share: number) => void

interface Answer {
  readonly status?: string
  readonly data?: unknown
  readonly errorType?: string
  readonly error?: string
  readonly problems?: readonly Problem[]
}

/** @returns the data of the answer @throws ApiError for a refusal, `away` where nobody answers */
export function upload<T>(
  path: string,
  file: { readonly type: string; readonly content: Blob },
  headers: Readonly<Record<string, string>>,
  progress: Progress,
  abort: AbortSignal,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const request = new XMLHttpRequest()
  request.open('POST', apiUrl(path))
  request.setRequestHeader('content-type', file.type)
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  request.upload.onprogress = ({ loaded, total }) => progress(total === 0 ? 1 : loaded / total)
  request.onload = () => {
    const answer = parseAnswer(request.responseText)
    if (answer.status === 'success') resolve(answer.data as T)
    else reject(refusalOf(answer, request))
  }
  request.onerror = () => reject(new ApiError('away', 'the server does not answer'))
  request.onabort = () => reject(new DOMException('withdrawn', 'AbortError'))
  abort.addEventListener('abort', () => request.abort())
  request.send(file.content)
  return promise
}

function parseAnswer(text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return {} // not what a hub answers: its status is told instead
  }
}

function refusalOf(answer: Answer, { status, statusText }: XMLHttpRequest): ApiError {
  const message = answer.error ?? `the server answered ${status} ${statusText}`
  return new ApiError(answer.errorType ?? 'http', message, answer.problems, answer)
}
