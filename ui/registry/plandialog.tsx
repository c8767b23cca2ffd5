/** Shows what a change would do before it is done. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { RegistryPlan } from '../../src/model/registry.ts'
import { errorText } from '../api/client.ts'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { carryOut, planEdit, type SmallEdit } from './plans.ts'
import '../shell/confirm.css'
import { PlanView } from './planview.tsx'

interface PlanDialogProps {
  readonly title: string
  /** On the button that does it. */
  readonly verb: string
  /** Undefined while there is nothing to be planned yet. */
  readonly edit: SmallEdit | undefined
  /** Fields above the plan. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Open as long as it is there. */
export function PlanDialog(props: PlanDialogProps): JSX.Element {
  const { title, verb, edit, children, onClose, onDone } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const wanted = edit === undefined ? '' : JSON.stringify(edit)
  const [planned, setPlanned] = useState<{ readonly of: string; readonly plan: RegistryPlan }>()
  const [failure, setFailure] = useState('')
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => {
    if (wanted === '') return
    let isAsked = true
    planEdit(JSON.parse(wanted) as SmallEdit).then(
      (plan) => {
        if (!isAsked) return
        setPlanned({ of: wanted, plan })
        setFailure('')
      },
      (error: unknown) => {
        if (isAsked) setFailure(errorText(error))
      },
    )
    return () => {
      isAsked = false
    }
  }, [wanted])
  const plan = planned?.of === wanted ? planned.plan : undefined
  const carry = async (): Promise<void> => {
    if (edit === undefined || plan === undefined) return
    try {
      await carryOut(edit, plan.tag)
      dialog.current?.close()
      onDone()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <dialog class="help registry-dialog" ref={dialog} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
      <Alert text={failure} />
      {wanted !== '' && plan === undefined && failure === '' && <Waiting look="plan-skeleton" />}
      {plan !== undefined && <PlanView documents={plan.documents} />}
      <div class="confirm-buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          disabled={plan === undefined}
          onClick={() => void carry()}
        >
          {verb}
        </button>
      </div>
    </dialog>
  )
}
